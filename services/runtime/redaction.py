"""Keeps secrets and personal data out of the log, by a field's name and by a value's look."""

import re
from collections.abc import Mapping
from functools import lru_cache

HIDDEN = "***"

# A field is hidden where any word of its name is one of these: `caller_phone`, `api_token`.
_WORDS = {
    *("authorization", "cookie", "passwd", "password", "secret", "token"),
    *("caller", "phone", "plaintext", "text"),
}
_SECRETS = re.compile(r"(d115_[a-z0-9-]+_)[A-Za-z0-9_-]{43}|(://[^:/@\s]+:)[^@\s]+(?=@)")
_MOBILES = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])")
_DEPTH = 6


def redact(name: str, value: object, depth: int = 0) -> object:
    """Return a field's value fit for the log."""
    if depth > _DEPTH or _is_hidden(name):
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {str(key): redact(str(key), part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact("", part, depth + 1) for part in value]
    return value


@lru_cache(maxsize=1024)  # a line has the names of the line before
def _is_hidden(name: str) -> bool:
    return not _WORDS.isdisjoint(name.lower().replace("-", "_").split("_"))


def redact_text(text: str) -> str:
    """Return a text without API keys, passwords in addresses and mobile numbers."""
    return _MOBILES.sub(HIDDEN, _SECRETS.sub(_keep_opening, text))


def _keep_opening(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}{HIDDEN}"
