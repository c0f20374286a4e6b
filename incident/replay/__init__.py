"""The fold: an incident is what follows from its events, one after the other."""

from incident.replay.changes import BrokenHistoryError, judged_at
from incident.replay.fold import apply, replay
from incident.replay.states import is_acknowledged, is_pushed

__all__ = ["BrokenHistoryError", "apply", "is_acknowledged", "is_pushed", "judged_at", "replay"]
