"""One catalogue of texts, in both languages, with the same things to fill in."""

from string import Formatter

import pytest

from services.cli import texts
from services.cli.texts import Language, text


def fields(said: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(said) if name is not None}


@pytest.mark.parametrize("code", sorted(texts._TEXTS))
def test_every_text_is_there_in_both_languages(code: str) -> None:
    zh, en = text(code, Language.ZH), text(code, Language.EN)

    assert zh.strip()
    assert en.strip()
    assert fields(zh) == fields(en)
