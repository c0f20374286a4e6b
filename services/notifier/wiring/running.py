"""The figures of what is open right now."""

from functools import partial

from services.notifier.adapters.running import watch_legs
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base


def extend(base: Base) -> Extension:
    """Read them beside everything else."""
    profiles = base.atlas.profiles.values()
    legs = dict.fromkeys(leg.code for profile in profiles for leg in profile.legs)
    return Extension(tasks={"running legs": partial(watch_legs, base.database, base.clock, legs)})
