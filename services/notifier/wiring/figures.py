"""Figures computed from recorded cases: closure rate, effect, bulletin; and readiness."""

from services.notifier.adapters.cases import PostgresCases, keep_cases
from services.notifier.adapters.readiness import PostgresReadings
from services.notifier.api import bulletins, effects, readiness
from services.notifier.api.asking import Records
from services.notifier.handlers.readiness import Lookout
from services.notifier.payloads.bulletins import WeeklyBulletin
from services.notifier.payloads.effects import (
    BaselineFigures,
    ClosureRateFigures,
    EffectFigures,
)
from services.notifier.payloads.readiness import ReadinessFigures, ReadinessHistory
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base


def extend(base: Base) -> Extension:
    """Make what records cases and what is read of them."""
    records = Records(
        cases=PostgresCases(base.database),
        atlas=base.atlas,
        clock=base.clock,
        caller=base.caller,
        time_zone=base.settings.time_zone,
    )
    readings = PostgresReadings(
        base.database, atlas=base.atlas, people=base.people, reports=base.reports
    )
    lookout = Lookout(readings=readings, clock=base.clock)
    return Extension(
        routers=[
            effects.router(records),
            bulletins.router(records),
            readiness.router(readiness.Tower(lookout=lookout, caller=base.caller)),
        ],
        models=[
            BaselineFigures,
            ClosureRateFigures,
            EffectFigures,
            ReadinessFigures,
            ReadinessHistory,
            WeeklyBulletin,
        ],
        paths=(
            "/v1/baselines",
            "/v1/bulletins",
            "/v1/closure-rate",
            "/v1/effect",
            "/v1/readiness",
        ),
        tasks={"readiness": lookout.run},
        listeners=[keep_cases(base.atlas.kinds, base.clock)],
    )
