-- The canaries of centers and days, and what was heard of their incidents.

-- name: insert_canaries
-- Keeps the canaries that are not there yet, and says how many those were.
with added as (
    insert into notifier.canary (center, day, planned_at, ends_at)
    select center, day, planned_at, ends_at
    from unnest($1::text[], $2::date[], $3::timestamptz[], $4::timestamptz[])
        as new (center, day, planned_at, ends_at)
    on conflict (center, day) do nothing
    returning center
)
select count(*)
from added;

-- name: take_turns
-- Gives unfinished canaries whose moment has come to one notifier for a while, those under way
-- first, with what was heard of their incidents.
with mine as (
    select center, day
    from notifier.canary
    where finished_at is null
      and planned_at <= $1
      and (turn_until is null or turn_until <= $2)
    order by tried_at is null, planned_at
    limit $4
    for update skip locked
),
taken as (
    update notifier.canary
    set turn_until = $3
    from mine
    where canary.center = mine.center
      and canary.day = mine.day
    returning canary.center, canary.day, canary.planned_at, canary.ends_at, canary.state,
              canary.alert_id, canary.tried_at, canary.opened_at, canary.open_seconds,
              canary.pushed, canary.ending_at, canary.finished_at, canary.fault
)
select taken.center, taken.day, taken.planned_at, taken.ends_at, taken.state, taken.alert_id,
       taken.tried_at, taken.opened_at, taken.open_seconds, taken.pushed, taken.ending_at,
       taken.finished_at, taken.fault,
       incident.opened_at as seen_opened_at, incident.alert_received_at as seen_received_at,
       coalesce(incident.state in ('closed', 'cancelled', 'refused', 'handed_over'), false)
           as seen_ended,
       exists (
           select
           from json_array_elements(incident.body::json -> 'moments') as moment
           where moment ->> 'name' = 'pushed'
       ) as seen_pushed
from taken
left join notifier.incident on incident.id = taken.alert_id and incident.version > 0
order by taken.planned_at;

-- name: update_canary
-- Writes how far a canary has come, and gives its turn back.
update notifier.canary
set state = $3, alert_id = $4, tried_at = $5, opened_at = $6, open_seconds = $7, pushed = $8,
    ending_at = $9, finished_at = $10, fault = $11, turn_until = null
where center = $1
  and day = $2;

-- name: list_last_canaries
-- How the last finished canary of each center ended, and when one last passed.
select distinct on (center) center, state, finished_at, fault,
       max(finished_at) filter (where state = 'passed') over (partition by center) as passed_at
from notifier.canary
where finished_at is not null
order by center, finished_at desc;
