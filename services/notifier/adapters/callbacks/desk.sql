-- Statements on what stations ask of their callbacks; all moments are real time.

-- name: find_subscription
-- Reads a station's registration.
select station, url, types, secrets, state, reason, changed_at, failing_since
from notifier.callback_subscription
where station = $1;

-- name: make_line
-- Begins a station's numbering, unless it has begun.
insert into notifier.callback_line (station)
values ($1)
on conflict (station) do nothing;

-- name: lock_line
-- Locks a station's numbering: one registration at a time.
select last
from notifier.callback_line
where station = $1
for update;

-- name: put_subscription
-- Keeps a registration in place of the one before.
insert into notifier.callback_subscription (
    station, url, types, secrets, state, reason, changed_at, failing_since
)
values ($1, $2, $3::text[], $4, $5, $6, $7, $8)
on conflict (station) do update
set url = excluded.url,
    types = excluded.types,
    secrets = excluded.secrets,
    state = excluded.state,
    reason = excluded.reason,
    changed_at = excluded.changed_at,
    failing_since = excluded.failing_since;

-- name: make_due
-- Makes due what waits for a station that registered again, but for what is under way.
update notifier.callback
set next_at = $2
where station = $1 and state = 'waiting' and next_at > $2 and (outcome is not null or attempts = 0);

-- name: delete_subscription
-- Forgets a registration.
delete from notifier.callback_subscription
where station = $1
returning station;

-- name: give_up_waiting
-- Gives up what waits for a station.
update notifier.callback
set state = 'failed', outcome = 'unsubscribed', settled_at = $2
where station = $1 and state = 'waiting';

-- name: search_deliveries
-- Reads a page of the log, newest first.
select
    id, station, sequence, incident_id as incident, type, status, state, attempts, outcome,
    produced_at, case when state = 'waiting' then next_at end as next_at, settled_at, imported_at
from notifier.callback
where ($1::text is null or station = $1)
  and ($2::uuid is null or incident_id = $2)
  and ($3::text is null or state = $3)
  and ($4::bigint is null or sequence < $4)
order by sequence desc, station
limit $5;

-- name: find_delivery
-- Reads one delivery with its attempts.
select
    id, station, sequence, incident_id as incident, type, status, state, attempts, outcome,
    produced_at, case when state = 'waiting' then next_at end as next_at, settled_at, imported_at,
    tries
from notifier.callback
where id = $1;

-- name: retry_delivery
-- Puts a delivery that failed in line again, unless it was tried too often.
update notifier.callback
set state = 'waiting', attempts = 0, outcome = null, next_at = $2, settled_at = null
where id = $1 and state = 'failed' and jsonb_array_length(tries) < $3
returning id;
