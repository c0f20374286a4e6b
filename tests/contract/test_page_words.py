"""Every code that the wire carries has a word in both languages of the pages."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from incident import assignment, errors, lifecycle, moments, profile
from incident.alert import Severity, Source, Status
from incident.decisions.decide import allowed_verbs
from incident.directory.difference import ChangeKind
from incident.directory.parts import FunctionGroup, OrganisationType, PlaceType, Role
from incident.events.center import LinkKind
from incident.events.teams import EndReason
from incident.figures.closure import Counted
from incident.figures.effect import Kept
from incident.figures.readiness import Lack, Part
from incident.roster.parts import ChannelType, DayKind, SwapState, Why
from incident.shift import CenterState, Checked, DeskState, HandoverState, Sound
from incident.timing import SUPERVISION, Outcome
from services.runtime.auth import Device
from services.runtime.eventlog import TYPES
from services.runtime.kinds import load_kinds

LOCALES = Path("web/src/locales")
ENUMS: dict[str, tuple[type[StrEnum], ...]] = {
    "severity": (Severity,),
    "status": (Status,),
    "source": (Source,),
    "state": (lifecycle.State,),
    "moment": (moments.MomentName,),
    "outcome": (Outcome,),
    "via": (moments.Via,),
    "proof": (moments.Proof,),
    "actor": (moments.ActorKind,),
    "round": (lifecycle.RoundCause,),
    "role": (Role,),
    "organisation_type": (OrganisationType,),
    "place_type": (PlaceType,),
    "group": (FunctionGroup,),
    "link_kind": (LinkKind,),
    "end_reason": (EndReason,),
    "reason": (assignment.Reason, assignment.LeftOutReason),
    "on_site": (profile.OnSite,),
    "field_type": (profile.FieldType,),
    "readiness": (Part,),
    "lack": (Lack,),
    "channel": (ChannelType,),
    "day": (DayKind,),
    "duty_why": (Why,),
    "swap": (SwapState,),
    "counted": (Counted,),
    "kept": (Kept,),
    "change": (ChangeKind,),
    "center": (CenterState,),
    "desk": (DeskState,),
    "sound": (Sound,),
    "sound_check": (Checked,),
    "handover": (HandoverState,),
    "device": (Device,),
}


def codes() -> Iterator[str]:
    """Every code, with the prefix its word stands under."""
    for prefix, kinds in ENUMS.items():
        yield from (f"{prefix}.{code}" for kind in kinds for code in kind)
    yield from (f"verb.{verb}" for state in lifecycle.State for verb in allowed_verbs(state))
    yield from (f"event.{type_.removesuffix('.v1')}" for type_ in TYPES.values())
    for path in Path("schemas/callbacks").glob("callback.*.v1.json"):
        yield f"callback.{path.name.split('.')[1]}"
    yield from _of_kinds()
    yield from (f"problem.{kind}" for kind in sorted({*_raised(), *_refusals()}))


def _of_kinds() -> Iterator[str]:
    kinds, profiles = load_kinds()
    for kind in kinds.values():
        yield f"kind.{kind.code}"
        yield from (f"disposition.{each.code}" for each in kind.dispositions)
    yield f"leg.{SUPERVISION}"
    for each in profiles.values():
        yield from (f"leg.{leg.code}" for leg in each.legs)
        yield from (f"step.{rung.code}" for rung in profile.rungs_of(each))


def _refusals() -> Iterable[str]:
    found = [errors.Refusal]
    for kind in found:
        found.extend(kind.__subclasses__())
    return {kind.code for kind in found}


def _raised() -> Iterator[str]:
    """The kinds of problems that any service names: `Problem(404, "not-found", ...)`."""
    for path in Path("services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem":
                kind = node.args[1] if len(node.args) > 1 else None
                if isinstance(kind, ast.Constant) and re.fullmatch(r"[a-z-]+", str(kind.value)):
                    yield str(kind.value)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_code_of_the_wire_has_a_word(language: str) -> None:
    words = json.loads((LOCALES / language / "words.json").read_text())

    assert sorted(set(codes()) - words.keys()) == []


def test_dispositions_and_kinds_are_called_as_their_files_say() -> None:
    spoken = {
        language: json.loads((LOCALES / language / "words.json").read_text())
        for language in ("zh-CN", "en")
    }

    for kind in load_kinds()[0].values():
        called = {f"kind.{kind.code}": (kind.zh, kind.en)}
        called |= {f"disposition.{each.code}": (each.zh, each.en) for each in kind.dispositions}
        said = {code: (spoken["zh-CN"][code], spoken["en"][code]) for code in called}

        assert said == called
