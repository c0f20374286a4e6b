-- What is read for the figures of legs that run.

-- name: list_running_legs
-- Counts the running legs of actual incidents that still live, by leg and center: all, those past
-- their target, and when the oldest began. Whoever lives has a deadline to come for a day at least;
-- of very many, a part is counted.
select leg.leg, leg.organisation as center, count(*) as running,
       count(*) filter (where leg.outcome = 'breached' or leg.due_at < $1) as late,
       min(leg.start_at) as oldest
from (
    select incident_id
    from notifier.deadline
    where state = 'open'
    limit $2
) as live
join notifier.leg on leg.incident_id = live.incident_id
where leg.status = 'actual'
  and leg.end_at is null
  and leg.outcome in ('pending', 'breached')
group by leg.leg, leg.organisation
order by leg.leg, leg.organisation;
