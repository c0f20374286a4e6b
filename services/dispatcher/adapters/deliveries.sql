-- Statements on deliveries to enterprises' own systems; all their times are real time.

-- name: take_due
-- Locks what is due, the oldest of each center, leaving out what another process has and busy centers; a first attempt is always due, whatever a clock said that went back since.
select id, incident, center, round, attempts, body
from dispatcher.delivery
where id in (
    select distinct on (center) id
    from dispatcher.delivery
    where state = 'queued'
      and (next_at <= $1 or attempts = 0)
      and center <> all($2::text[])
    order by center, next_at, id
)
  and state = 'queued'
  and (next_at <= $1 or attempts = 0)
order by next_at, id
limit $3
for update skip locked;

-- name: begin_attempts
-- Counts an attempt before it is made, its outcome still open; if nobody settles it, it is due again.
update dispatcher.delivery as delivery
set attempts = begun.attempt, body = begun.body, next_at = $4, outcome = null
from unnest($1::uuid[], $2::int[], $3::text[]) as begun (id, attempt, body)
where delivery.id = begun.id;

-- name: end_deliveries
-- Ends deliveries without another attempt.
update dispatcher.delivery as delivery
set state = ended.state, outcome = ended.outcome
from unnest($1::uuid[], $2::text[], $3::text[]) as ended (id, state, outcome)
where delivery.id = ended.id;

-- name: settle_delivery
-- Keeps what an attempt came to: a success always, anything else only if no later attempt has begun.
update dispatcher.delivery
set state = $3, outcome = $4, next_at = coalesce($5, next_at)
where id = $1
  and ((state = 'queued' and attempts = $2) or $3 = 'delivered');

-- name: find_disabled
-- Reads which addresses said that they are gone.
select center, mark
from dispatcher.disabled_endpoint
where center = any($1::text[]);

-- name: disable_endpoint
-- Sends nothing more to an address of a center.
insert into dispatcher.disabled_endpoint (center, mark, disabled_at)
values ($1, $2, $3)
on conflict (center) do update
set mark = excluded.mark, disabled_at = excluded.disabled_at;

-- name: measure_deliveries
-- Counts what waits and reads since when.
select count(*) as count, min(queued_at) as oldest
from dispatcher.delivery
where state = 'queued';
