"""The public interfaces: whether they answer, whose clock stands elsewhere, who is silent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

from services.cli.answers import ClientError, Json, RefusedError
from services.cli.client import Client
from services.cli.doctor.findings import Finding, fail, fine, unseen, warn
from services.cli.reach import Reached
from services.runtime.clock import Clock

MOST_SKEW_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
_PATHS = {"intake": "/v1/alerts", "dispatcher": "/v1/directory", "notifier": "/v1/watch"}


async def look_at_interfaces(
    reached: Reached, client: Client, session: aiohttp.ClientSession, *, clock: Clock
) -> AsyncIterator[Finding]:
    """Look at each service's interface and at what they say of one another."""
    for service, path in _PATHS.items():
        yield await _answers(service, reached.origins.of(path) + path, session, clock=clock)
    for check, path, judge in (
        ("services.heartbeats", "/v1/watch", _heartbeats),
        ("services.conservation", "/v1/conservation", _conservation),
        ("channels", "/v1/readiness", _channels),
    ):
        try:
            yield judge(check, await client.get(path))
        except RefusedError as error:
            do = "give the key of a supervisor, auditor or admin, to services of this version"
            yield unseen(check, f"{path}: {error}", do=do)
        except ClientError as error:
            yield fail(check, str(error), do="start the notifier and look at its log")


async def _answers(
    service: str, url: str, session: aiohttp.ClientSession, *, clock: Clock
) -> Finding:
    """Ask without a key: any answer will do, and its `Date` tells the service's clock."""
    check = f"services.{service}"
    before = clock.real()
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), session.get(url) as answer:
            after, said = clock.real(), answer.headers.get("Date", "")
    except (aiohttp.ClientError, OSError) as error:
        why = str(error) or type(error).__name__
        return fail(check, f"no answer: {why}", do=f"start {service}; is --url its address?")
    skew = _skew(said, before=before, after=after)
    if skew is None:
        return fine(check, "answers; it does not tell its clock")
    if abs(skew) > MOST_SKEW_SECONDS:
        do = "set both machines' clocks by the same NTP server; moments are judged by them"
        return fail(check, f"answers; its clock is {skew:+.1f} s from this machine's", do=do)
    return fine(check, f"answers; its clock is within {max(abs(skew), 1):.0f} s of this machine's")


def _skew(said: str, *, before: datetime, after: datetime) -> float | None:
    """Seconds by which a clock that tells whole seconds lies outside of what we measured."""
    try:
        theirs = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    early, late = (theirs - after).total_seconds(), (theirs - before).total_seconds() + 1
    if early > 0:
        return early
    return late if late < 0 else 0.0


def _heartbeats(check: str, told: Json) -> Finding:
    silent = [str(entry["service"]) for entry in told["services"] if entry["silent"]]
    if silent:
        do = "look at its log; without it no team is sent, or no clock is kept"
        return fail(check, f"silent: {', '.join(silent)}", do=do)
    return fine(check, "every service gives signs of life")


def _conservation(check: str, told: Json) -> Finding:
    difference = told["difference"]
    if difference:
        do = "look at `d115 dead-letters list` and at docs/reliability.md"
        return fail(check, f"{difference} alerts and incidents do not match", do=do)
    return fine(check, "every alert has its incident")


def _channels(check: str, told: Json) -> Finding:
    """Name the centers whose channels were not tested lately."""
    wrong = sorted(
        str(entry["center"])
        for entry in told["centers"]
        if any(reason["part"] == "channels_tested" for reason in entry["reasons"])
    )
    if wrong:
        do = "send a test message to each center's people, and mend the contacts that fail"
        return warn(check, f"not tested lately: {', '.join(wrong)}", do=do)
    return fine(check, "every center's channels were tested lately")
