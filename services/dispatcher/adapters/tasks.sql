-- Lists over all incidents of what waits for somebody.

-- name: list_supervisions
-- Gives a page of supervisions in the order they are due; a null argument asks for any.
select
    supervision.incident, supervision.number, supervision.author, supervision.role,
    supervision.owner, supervision.post, supervision.supervised_at, supervision.deadline,
    supervision.ended_at, incident.station, incident.center, incident.state
from dispatcher.supervision as supervision
join dispatcher.incident as incident on incident.id = supervision.incident
where ($1::bool is null or (supervision.ended_at is null) = $1)
  and ($2::text is null or supervision.author = $2 or supervision.owner = $2)
  and ($3::text is null or incident.station = $3 or supervision.author = $3)
  and ($4::text is null or incident.center = $4 or supervision.owner = $4)
  and ($5::timestamptz is null
       or (supervision.deadline, supervision.incident, supervision.number)
          > ($5, $6::uuid, $7::int))
order by supervision.deadline, supervision.incident, supervision.number
limit $8;

-- name: list_calls
-- Gives a page of follow-up calls to be made in the order they are due.
select
    call.incident, call.due_by, call.attempts, incident.ended_at as closed_at, incident.station,
    incident.center, incident.severity
from dispatcher.follow_up_call as call
join dispatcher.incident as incident on incident.id = call.incident
where ($1::text is null or incident.station = $1)
  and ($2::text is null or incident.center = $2)
  and ($3::timestamptz is null or (call.due_by, call.incident) > ($3, $4::uuid))
order by call.due_by, call.incident
limit $5;
