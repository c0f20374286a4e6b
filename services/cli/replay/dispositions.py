"""What the records' final dispositions mean here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """How a call is closed.

    Attributes:
        code: A disposition of the kind `police-alert`.
        result: The fields it requires.
    """

    code: str
    result: Mapping[str, str] = field(default_factory=dict)


MEANINGS: dict[str, Disposition] = {
    "Code 2 Transport": Disposition(code="medical"),
    "Code 3 Transport": Disposition(code="medical"),
    "Multi-casualty Incident": Disposition(code="medical"),
    "Fire": Disposition(code="handled_on_site"),
    "Other": Disposition(code="handled_on_site"),
    "No Merit": Disposition(code="false_alarm"),
    "Cancelled": Disposition(code="cancelled"),
    "Patient Declined Transport": Disposition(code="declined_by_party"),
    "Against Medical Advice": Disposition(code="declined_by_party"),
    "Unable to Locate": Disposition(code="nothing_found"),
    "Gone on Arrival": Disposition(code="nothing_found"),
    "Duplicate": Disposition(code="duplicate"),
    "Medical Examiner": Disposition(
        code="handed_to_department", result={"department": "medical-examiner"}
    ),
    "SFPD": Disposition(code="handed_to_station"),
    "CHP": Disposition(code="handed_to_station"),
}
"""Each Call Final Disposition; the words of the record are kept beside the code."""

UNKNOWN = Disposition(code="handled_on_site")
"""For words that do not stand above."""


def meaning(words: str) -> Disposition:
    """What a Call Final Disposition means; capitals and blanks do not matter."""
    return _BY_WORDS.get(_plain(words), UNKNOWN)


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


_BY_WORDS = {_plain(words): entry for words, entry in MEANINGS.items()}
