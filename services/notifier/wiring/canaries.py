"""The silent canary of each center and day, where a key and intake's address are set for it."""

from services.notifier.adapters.canaries import PostgresCanaries
from services.notifier.adapters.canary_intake import IntakeNest
from services.notifier.handlers.canary_rounds import Aviary
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base


def extend(base: Base) -> Extension:
    """Make what sends canaries and follows them; without its settings nothing is sent, and said."""
    settings = base.settings
    if not settings.canary_key or not settings.intake_url:
        return Extension(notes={"canaries": _off})

    def holder(key_id: str) -> str | None:
        found = base.copy.find_key(key_id)
        return None if found is None else found.organisation

    nest = IntakeNest(settings.intake_url, settings.canary_key, holder=holder)
    aviary = Aviary(
        canaries=PostgresCanaries(base.database),
        nest=nest,
        atlas=base.atlas,
        clock=base.clock,
        time_zone=settings.time_zone,
    )
    return Extension(
        tasks={"canaries": aviary.run}, notes={"canaries": aviary.note}, stop=[nest.close]
    )


async def _off() -> str | None:
    return "none is sent: NOTIFIER_CANARY_KEY and NOTIFIER_INTAKE_URL are not both set"
