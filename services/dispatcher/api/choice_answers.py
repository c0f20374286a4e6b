"""What the OpenAPI document says of what a person chooses from."""

from services.dispatcher.api.faults import hidden
from services.runtime.openapi import Schema, listed, refusals, shape, success

_TEXT, _ID = {"type": "string"}, {"type": "string", "format": "uuid"}
_RANKED = {
    "incident": "0b0f5a52-6f0e-5c5c-9d8a-000000000115",
    "teams": [
        {"team": "heling-duty-1", "name": "勤务联动一组", "reasons": ["same_building"]},
    ],
    "left_out": [{"team": "heling-duty-2", "name": "勤务联动二组", "reason": "busy"}],
}


def shapes() -> dict[str, Schema]:
    """The shapes that these answers refer to, by name, each with an example."""
    ranked = shape(
        incident=_ID,
        teams=listed(shape(team=_TEXT, name=_TEXT, reasons=listed(_TEXT))),
        left_out=listed(shape(team=_TEXT, name=_TEXT, reason=_TEXT)),
    )
    kind = shape(
        code=_TEXT,
        zh=_TEXT,
        en=_TEXT,
        details=listed({"type": "object"}),
        dispositions=listed({"type": "object"}),
    )
    example = {"code": "grid-visit", "zh": "网格走访", "en": "Grid visit"}
    return {
        "RankedTeams": {**ranked, "examples": [_RANKED]},
        "Kinds": {
            **shape(kinds=listed(kind)),
            "examples": [{"kinds": [{**example, "details": [], "dispositions": []}]}],
        },
    }


RANKED = success("The teams, best first.", "RankedTeams") | refusals(401, 403, hidden(), 422, 503)
KINDS = success("The kinds.", "Kinds") | refusals(401, 503)
