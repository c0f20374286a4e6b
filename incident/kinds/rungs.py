"""Reading rungs: what is done if nobody acts, in which order and by whom."""

import re
from collections.abc import Iterable

from incident.alert import Severity
from incident.directory.fields import CODE, TextRule
from incident.kinds.fields import KindFields
from incident.moments import MomentName
from incident.profile import (
    Action,
    Amount,
    Phase,
    Rung,
    SendingAction,
    SendingRung,
    SeverityAmount,
    Trigger,
    Unit,
    Whose,
)
from incident.rung import whole

MOST_TIMES = 10
MOST_LEVELS = 9
AT_ONCE = Amount(amount=0, unit=Unit.SECONDS)

RUNG_CODE = TextRule(
    pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"),
    allowed="1 to 64 letters, digits, '_' or '-', beginning with a letter or digit",
)
"""No dot: in the key of a step it ends the rung's code."""


def read_rung(fields: KindFields) -> Rung:
    """Read one rung of a ladder."""
    noted = len(fields.faults)
    since = fields.optional_choice("since", Trigger)
    rung = Rung(
        code=fields.text("code", RUNG_CODE),
        action=fields.choice("action", Action) or Action.WEBHOOK,
        start=fields.choice("start", MomentName) if since is None else None,
        since=since,
        wait=_wait(fields, since),
        wait_by_severity=_waits(fields),
        unless=fields.choices("unless", MomentName),
        times=fields.whole("times", least=1, most=MOST_TIMES, default=1),
        mark=fields.optional_text("mark", CODE),
        severities=_severities(fields, "severities"),
        late_severities=_severities(fields, "late_severities"),
        at_once_without_console=fields.flag("at_once_without_console", default=False),
        during=fields.optional_choice("during", Phase) or Phase.UNRESOLVED,
        when=fields.codes("when"),
        away=fields.flag("away", default=False),
        post=fields.optional_text("post", CODE),
        of=fields.optional_choice("of", Whose) or Whose.CENTER,
        callback=fields.optional_text("callback", CODE),
        voice=fields.flag("voice", default=False),
        digest_unless=fields.choices("digest_unless", Severity),
        level=fields.optional_whole("level", least=1, most=MOST_LEVELS),
    )
    fields.finish()
    if len(fields.faults) == noted:
        _check_rung(rung, fields)
    return rung


def sending(rungs: Iterable[Rung]) -> tuple[SendingRung, ...]:
    """Those of some rungs that say no more than readers of release 0.1.0 can follow."""
    return tuple(plain for rung in rungs if (plain := _plain(rung)) is not None)


def further(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    """The others."""
    return tuple(rung for rung in rungs if _plain(rung) is None)


def _plain(rung: Rung) -> SendingRung | None:
    """The rung in the form of release 0.1.0, where it says nothing beyond that."""
    if rung.action.value not in SendingAction.__members__.values() or rung.start is None:
        return None
    plain = SendingRung(
        code=rung.code,
        action=SendingAction(rung.action.value),
        start=rung.start,
        wait=rung.wait,
        wait_by_severity=rung.wait_by_severity,
        unless=rung.unless,
        times=rung.times,
        mark=rung.mark,
        late_severities=rung.late_severities,
        at_once_without_console=rung.at_once_without_console,
    )
    return plain if whole(plain) == rung else None


def _check_rung(rung: Rung, fields: KindFields) -> None:
    """Note what does not fit together; each with what would."""
    tells, asks = rung.post or rung.callback, rung.action is Action.REQUEST_POLICE
    checks = (
        (
            rung.start is not None and rung.start in rung.unless,
            "unless",
            "holds its start, so it would never run",
            f"other moments than its start, {rung.start}",
        ),
        (
            rung.action is Action.NOTIFY and not tells,
            "post",
            "is missing, and callback too",
            "whom to tell: a post, a callback, or both",
        ),
        (
            rung.post is None and (rung.voice or bool(rung.digest_unless)),
            "post",
            "is missing beside voice or digest_unless",
            "the post that is told so",
        ),
        (
            asks and not (rung.when and rung.mark),
            "when",
            "or mark is missing beside request_police",
            "the circumstances, and whom to ask: 110, 119 or 120",
        ),
        (
            bool(rung.when) and not asks,
            "when",
            f"stands beside action {rung.action}",
            "action request_police",
        ),
        (
            rung.action is Action.REQUEST_HELP and rung.since is not Trigger.CHECK_IN,
            "since",
            "names no team to ask help for",
            "check_in",
        ),
        (
            (rung.since is Trigger.CANCELLATION) != (rung.during is Phase.CANCELLED),
            "during",
            f"is {rung.during} beside since {rung.since or rung.start}",
            "cancelled beside since cancellation, and only there",
        ),
    )
    for wrong, name, what, allowed in checks:
        if wrong:
            fields.note(name, wrong=what, allowed=allowed)


def _wait(fields: KindFields, since: Trigger | None) -> Amount:
    """How long it waits; not at all for the opening, nor, if nothing is said, as it came."""
    if since is Trigger.OPENED or (since is Trigger.CAME and not fields.says("wait")):
        return AT_ONCE
    return fields.amount("wait")


def _severities(fields: KindFields, name: str) -> tuple[Severity, ...] | None:
    return fields.choices(name, Severity) if fields.says(name) else None


def _waits(fields: KindFields) -> tuple[SeverityAmount, ...]:
    part = fields.optional_part("wait_by_severity")
    if part is None:
        return ()
    waits = tuple(
        SeverityAmount(severity=severity, wait=part.amount(severity))
        for severity in Severity
        if part.says(severity)
    )
    part.finish()
    return waits
