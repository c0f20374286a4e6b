"""The text of a TOML file becomes a profile or a kind, or all its faults are named.

A profile (`profile = "115"`) says what is measured and what is done if nobody acts. A kind
(`kind = "police-alert"`) says what an incident of it may be, and which profile each severity gets.
Faults count lists from 0, as in `legs[3].target.unit`.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from incident.alert import Severity
from incident.directory.faults import Fault
from incident.directory.fields import CODE
from incident.directory.parts import FunctionGroup
from incident.kinds.fields import LONGEST_LIST, KindFields
from incident.kinds.legs import read_leg
from incident.kinds.rungs import further, read_rung, sending
from incident.moments import MomentName
from incident.profile import (
    DetailField,
    Disposition,
    FieldType,
    FollowUpRule,
    Kind,
    Leg,
    OnSite,
    Profile,
)

OPTIONAL_MOMENTS = (
    MomentName.REPORTED,
    MomentName.POLICE_REQUESTED,
    MomentName.POLICE_ON_SCENE,
)
"""Moments that only some kinds have; the others belong to every incident."""

LARGEST_DETAIL = 1_000_000
LONGEST_LADDER = 100


class InvalidKindError(ValueError):
    """A text is no profile or no kind.

    Attributes:
        source: The file, as named by whoever read it.
        faults: Everything that is wrong with it, at least one thing.
    """

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"{source}: {fault.sentence}" for fault in faults))
        self.source = source
        self.faults = tuple(faults)


class CheckedAt(StrEnum):
    """When a detail is checked."""

    OPENING = "opening"
    RESULT = "result"


def read_profile(text: str, source: str, *, others: Mapping[str, Profile] | None = None) -> Profile:
    """Read a profile.

    Args:
        text: The file's content, TOML.
        source: The file's name, for the error.
        others: Profiles by code that `legs_of` may name.

    Raises:
        InvalidKindError: Something is wrong; it lists everything that is.
    """
    fields = parse(text, source)
    code, legs = fields.text("profile", CODE), _legs(fields, others or {})
    rungs = tuple(map(read_rung, fields.entries("ladder", most=LONGEST_LADDER)))
    profile = Profile(
        code=code,
        legs=legs,
        ladder=sending(rungs),
        further=further(rungs),
    )
    if not fields.says("ladder"):
        fields.note("ladder", wrong="is missing", allowed="a list of rungs, [] to do nothing")
    _each_once(fields, "legs", "code", (leg.code for leg in profile.legs))
    _each_once(fields, "ladder", "code", (rung.code for rung in rungs))
    _finish(fields, source)
    return profile


def read_kind(text: str, source: str) -> Kind:
    """Read a kind.

    Args:
        text: The file's content, TOML.
        source: The file's name, for the error.

    Raises:
        InvalidKindError: Something is wrong; it lists everything that is.
    """
    fields = parse(text, source)
    details = tuple(map(_detail, fields.entries("details", most=LONGEST_LIST)))
    results = [field.name for field in details if field.at == CheckedAt.RESULT]
    severities = fields.part("profiles")
    kind = Kind(
        code=fields.text("kind", CODE),
        zh=fields.text("zh"),
        en=fields.text("en"),
        profiles=tuple((severity, severities.text(severity, CODE)) for severity in Severity),
        moments=fields.choices("moments", OPTIONAL_MOMENTS),
        dispositions=tuple(
            _disposition(part, results)
            for part in fields.entries("dispositions", most=LONGEST_LIST)
        ),
        details=details,
        police_required=fields.codes("police_required"),
        remind_at_percent=fields.percentages("remind_at_percent"),
        follow_up=_follow_up(fields),
    )
    severities.finish()
    _check_follow_up(kind, fields)
    if not fields.says("dispositions") or not kind.dispositions:
        fields.note("dispositions", wrong="holds nothing", allowed="at least one disposition")
    _each_once(fields, "details", "name", (field.name for field in details))
    _each_once(fields, "dispositions", "code", (entry.code for entry in kind.dispositions))
    _finish(fields, source)
    return kind


def parse(text: str, source: str) -> KindFields:
    """Read the text as TOML and nothing more.

    Raises:
        InvalidKindError: It is no TOML.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number too long, levels without end
        fault = Fault(path="", wrong=f"is no TOML: {error}", allowed="TOML 1.0")
        raise InvalidKindError(source, [fault]) from error
    return KindFields(document, path="", faults=[])


def _finish(fields: KindFields, source: str) -> None:
    fields.finish()
    if fields.faults:
        raise InvalidKindError(source, fields.faults)


def _legs(fields: KindFields, others: Mapping[str, Profile]) -> tuple[Leg, ...]:
    """The profile's own legs, or those of the profile it names."""
    if not fields.says("legs_of"):
        noted = len(fields.faults)
        legs = tuple(map(read_leg, fields.entries("legs", most=LONGEST_LIST)))
        if not legs and len(fields.faults) == noted:
            fields.note("legs", wrong="holds nothing", allowed="at least one leg, or legs_of")
        return legs
    if fields.says("legs"):
        fields.note("legs", wrong="stands beside legs_of", allowed="one of the two")
    code = fields.text("legs_of", CODE)
    if code and code not in others:
        allowed = ", ".join(sorted(others)) or "nothing, as no other profile is known"
        fields.note("legs_of", wrong=f"'{code}' is unknown", allowed=allowed)
    return others[code].legs if code in others else ()


def _disposition(fields: KindFields, results: Collection[str]) -> Disposition:
    group = fields.optional_choice("follow_up", FunctionGroup)
    disposition = Disposition(
        code=fields.text("code", CODE),
        zh=fields.text("zh"),
        en=fields.text("en"),
        on_site=fields.choice("on_site", OnSite) or OnSite.EXCLUDED,
        required=fields.codes("required"),
        follow_up=None if group is None else group.value,
    )
    for position, name in enumerate(disposition.required):
        if name not in results:
            allowed = ", ".join(results) or "nothing, as no detail is checked at the result"
            wrong = f"'{name}' is no detail of the result"
            fields.note(f"required[{position}]", wrong=wrong, allowed=allowed)
    fields.finish()
    return disposition


def _follow_up(fields: KindFields) -> FollowUpRule | None:
    part = fields.optional_part("follow_up_call")
    if part is None:
        return None
    rule = FollowUpRule(
        within=part.amount("within"),
        attempts=part.whole("attempts", least=1, most=10),
        dispositions=part.codes("dispositions"),
    )
    part.finish()
    return rule


def _check_follow_up(kind: Kind, fields: KindFields) -> None:
    codes = [entry.code for entry in kind.dispositions]
    for position, code in enumerate(kind.follow_up.dispositions if kind.follow_up else ()):
        if codes and code not in codes:
            wrong = f"'{code}' is no disposition"
            fields.note(
                f"follow_up_call.dispositions[{position}]", wrong=wrong, allowed=", ".join(codes)
            )


def _detail(fields: KindFields) -> DetailField:
    noted = len(fields.faults)
    detail = DetailField(
        name=fields.text("name", CODE),
        type=fields.choice("type", FieldType) or FieldType.TEXT,
        at=(fields.choice("at", CheckedAt) or CheckedAt.RESULT).value,
        required=fields.flag("required", default=False),
        choices=fields.codes("choices"),
        maximum=fields.optional_whole("maximum", least=1, most=LARGEST_DETAIL),
    )
    fields.finish()
    if len(fields.faults) == noted:
        _check_detail(detail, fields)
    return detail


def _check_detail(detail: DetailField, fields: KindFields) -> None:
    is_choice = detail.type is FieldType.CHOICE
    if is_choice and not detail.choices:
        fields.note("choices", wrong="holds nothing", allowed="at least one code")
    if detail.choices and not is_choice:
        fields.note("choices", wrong=f"stands beside type {detail.type}", allowed="type choice")
    if detail.maximum is not None and detail.type not in {FieldType.TEXT, FieldType.INTEGER}:
        allowed = "type text or integer"
        fields.note("maximum", wrong=f"stands beside type {detail.type}", allowed=allowed)


def _each_once(fields: KindFields, name: str, key: str, codes: Iterable[str]) -> None:
    """Note every entry that has the code of an earlier one."""
    first: dict[str, int] = {}
    for position, code in enumerate(codes):
        if code and first.setdefault(code, position) != position:
            wrong = f"'{code}' stands at {name}[{first[code]}] too"
            fields.note(f"{name}[{position}].{key}", wrong=wrong, allowed=f"a {key} of its own")
