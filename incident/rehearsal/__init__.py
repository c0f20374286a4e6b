"""What a ladder would do: played ahead for nobody in particular, or over what has happened."""

from incident.rehearsal.explaining import About, Line, Situation, explain
from incident.rehearsal.rerunning import Difference, dry_run

__all__ = ["About", "Difference", "Line", "Situation", "dry_run", "explain"]
