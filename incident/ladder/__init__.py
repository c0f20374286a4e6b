"""The ladder: what is done, and when, if nobody acts.

Rule 1. A rung waits from its start moment in the present round; the moment that the round's start
stands in for need not be reported anew. Its k-th step is due k waits later. Where the center has
no console, a rung that says so begins at once: its k-th step is due one wait sooner. A rung with a
trigger waits anew from each cause of it (`incident.ladder.causes`), for each team it concerns.

Rule 2. A rung is off once one of its `unless` moments was stamped in the present round. What the
round's start stands in for ends nothing.

Rule 3. The wait is that of the present severity, so raising it brings a step forward.

Rule 4. For an alert that came late, a rung runs only for the severities it names. A rung that
names circumstances runs only for an incident that is about one of them and whose kind has police
asked for in it; one for a desk left runs only where everybody at it was away as the incident came.
Of what was entered after it was over (补录), nothing is due, and
of a test nothing either: nobody is rung for it.

Rule 5. A rung runs until the outcome was reported, or until the end, or after a withdrawal: as
its `during` says.

A step is due until the incident says that it was taken; a step taken is never due again. Its key
is `round/code/count`; that of a step about one cause of several is `round/code.CAUSE/count`, and
where it concerns a team `round/code.TEAM.CAUSE/count`: `2/update-unnoted.east-a.3/1` is the first
step about the third update, for team east-a.
"""

from incident.ladder.causes import is_about
from incident.ladder.keys import is_over, rung_of, team_of
from incident.ladder.planning import LadderPlan, Step, plan

__all__ = ["LadderPlan", "Step", "is_about", "is_over", "plan", "rung_of", "team_of"]
