"""Rosters: their routes, and the copy in memory that says who is on duty."""

from services.notifier.adapters.public_days import COUNTRIES
from services.notifier.api import roster_changes, rosters
from services.notifier.handlers.roster_hosts import judge_by
from services.notifier.handlers.rosters import Desk
from services.notifier.payloads.rosters import MODELS
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base

PATHS = ("/v1/rosters",)


def extend(base: Base) -> Extension:
    """Make the routes, and what keeps the copy fresh."""
    desk = Desk(
        rosters=base.rosters,
        countries=COUNTRIES,
        judge=judge_by(base.settings.outgoing_allow),
        now=base.clock.now,
    )
    bench = rosters.Bench(
        desk=desk, atlas=base.atlas, caller=base.caller, changed=base.people.catch_up
    )
    return Extension(
        routers=[rosters.router(bench), roster_changes.router(bench)],
        models=MODELS,
        paths=PATHS,
        tasks={"rosters": base.people.run, "roster gaps": base.people.watch},
        start=[base.people.refresh],
        notes={} if base.rosters.seals else {"rosters": _without_keys},
    )


async def _without_keys() -> str | None:
    return "none is taken: NOTIFIER_CONTACT_KEYS is not set"
