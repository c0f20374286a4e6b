-- The notifier's statements on its own tables. Moments come in as parameters, never from the server.

-- name: insert_incidents
-- Makes the rows of ids nobody spoke of before, and says which those are.
insert into notifier.incident (id, partition, alert_known, alert_received_at, traceparent)
select id, partition, alert_received_at is not null, alert_received_at, traceparent
from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[])
    as new (id, partition, alert_received_at, traceparent)
order by id
on conflict (id) do nothing
returning id;

-- name: lock_incidents
-- Locks ids in their order and reads what is stored of them, but not their copies.
select id, partition, version, state, alert_received_at, cancelled_at, legs, announced, judged_to,
       sequence, hash, recorded_at, traceparent
from notifier.incident
where id = any($1::uuid[])
order by id
for update;

-- name: claim_incidents
-- Locks ids whose deadline has come and nobody else is at, with what is to be judged.
select incident.id, incident.partition, incident.version, incident.state,
       incident.alert_received_at, incident.cancelled_at, incident.legs, incident.announced,
       incident.judged_to, incident.sequence, incident.hash, incident.recorded_at,
       incident.traceparent, incident.body, alert.body as alert, deadline.due_at
from notifier.deadline
join notifier.incident on incident.id = deadline.incident_id
left join notifier.alert on alert.id = incident.id and incident.version = 0
where deadline.state = 'open'
  and deadline.due_at <= $1
  and deadline.partition <> all($3::integer[])
  and (deadline.next_try_at is null or deadline.next_try_at <= $2)
  and ($5::uuid is null or deadline.incident_id = $5)
order by deadline.due_at
limit $4
for update of incident skip locked;

-- name: list_due_ids
-- Names ids whose deadline has come, without locking them.
select incident_id
from notifier.deadline
where state = 'open'
  and due_at <= $1
  and partition <> all($3::integer[])
  and (next_try_at is null or next_try_at <= $2)
order by due_at
limit $4;

-- name: insert_alerts
-- Keeps alerts, and counts those that were not there; of one that is there the first stays.
with new as (
    select *
    from unnest(
        $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::integer[], $8::text[], $9::text[], $10::integer[]
    ) as new (
        id, received_at, station, kind, severity, status, revision, fingerprint, body, partition
    )
),
kept as (
    insert into notifier.alert
        (id, received_at, station, kind, severity, status, revision, fingerprint, body)
    select id, received_at, station, kind, severity, status, revision, fingerprint, body
    from new
    on conflict (id) do nothing
    returning id
)
insert into notifier.head_count as old (partition, what, count)
select new.partition, 'alert', count(*)
from kept
join new on new.id = kept.id
group by new.partition
order by new.partition
on conflict (partition, what) do update
set count = old.count + excluded.count;

-- name: mark_alerts_known
-- Notes that the alerts of ids that were spoken of before have come.
update notifier.incident
set alert_known = true, alert_received_at = new.received_at
from unnest($1::uuid[], $2::timestamptz[]) as new (id, received_at)
where incident.id = new.id
  and not incident.alert_known;

-- name: mark_alerts_cancelled
-- Notes alerts as withdrawn; the first withdrawal stays.
update notifier.incident
set cancelled_at = new.cancelled_at
from unnest($1::uuid[], $2::timestamptz[]) as new (id, cancelled_at)
where incident.id = new.id
  and incident.cancelled_at is null;

-- name: delete_deadlines_of_alerts
-- Ends the deadlines of ids that have no incident.
delete from notifier.deadline
using notifier.incident
where deadline.incident_id = any($1::uuid[])
  and incident.id = deadline.incident_id
  and incident.version = 0;

-- name: mark_alerts_dead
-- Notes alerts as put with the dead letters.
update notifier.incident
set dead_lettered_at = new.dead_lettered_at
from unnest($1::uuid[], $2::timestamptz[]) as new (id, dead_lettered_at)
where incident.id = new.id
  and incident.dead_lettered_at is null;

-- name: save_judged
-- Writes what judging came to, in one round trip: copies, heads and how far clocks were read (what
-- is null of a copy leaves what is stored as it is), verdicts, next deadlines, facts, and by how
-- much the counts change.
with incidents as (
    update notifier.incident
    set version = coalesce(new.version, incident.version),
        partition = new.partition,
        state = coalesce(new.state, incident.state),
        center = coalesce(new.center, incident.center),
        fingerprint = coalesce(new.fingerprint, incident.fingerprint),
        origin = coalesce(new.origin, incident.origin),
        origin_link = coalesce(new.origin_link, incident.origin_link),
        opened_at = coalesce(new.opened_at, incident.opened_at),
        body = coalesce(new.body, incident.body),
        legs = new.legs,
        announced = incident.announced || new.said,
        judged_to = new.judged_to,
        sequence = new.sequence,
        hash = new.hash,
        recorded_at = new.recorded_at
    from unnest(
        $1::uuid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::uuid[],
        $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
        $14::integer[], $15::text[], $16::timestamptz[]
    ) as new (
        id, partition, version, state, center, fingerprint, origin, origin_link, opened_at, body,
        legs, said, judged_to, sequence, hash, recorded_at
    )
    where incident.id = new.id
),
legs as (
    insert into notifier.leg (
        incident_id, round, leg, organisation, station, kind, severity, status, received_at,
        outcome, amended, target_seconds, start_at, due_at, end_at, seconds, by, proof
    )
    select *
    from json_to_recordset($17::json) as new (
        incident_id uuid, round integer, leg text, organisation text, station text, kind text,
        severity text, status text, received_at timestamptz, outcome text, amended boolean,
        target_seconds integer, start_at timestamptz, due_at timestamptz, end_at timestamptz,
        seconds double precision, by text, proof text
    )
    on conflict (incident_id, round, leg) do update
    set organisation = excluded.organisation, received_at = excluded.received_at,
        outcome = excluded.outcome, amended = excluded.amended,
        target_seconds = excluded.target_seconds, start_at = excluded.start_at,
        due_at = excluded.due_at, end_at = excluded.end_at, seconds = excluded.seconds,
        by = excluded.by, proof = excluded.proof
),
deadlines as (
    insert into notifier.deadline as old (incident_id, key, kind, due_at, partition)
    select *
    from unnest($18::uuid[], $19::text[], $20::text[], $21::timestamptz[], $22::integer[])
    on conflict (incident_id) do update
    set key = excluded.key, kind = excluded.kind, due_at = excluded.due_at,
        partition = excluded.partition, state = 'open', attempts = 0, next_try_at = null,
        fault = null
    where (old.key, old.due_at, old.partition, old.state, old.attempts)
        is distinct from (excluded.key, excluded.due_at, excluded.partition, 'open', 0)
),
ended as (
    delete from notifier.deadline
    where incident_id = any($23::uuid[])
),
facts as (
    insert into notifier.timing_event
        (incident_id, sequence, id, type, fact, text, previous, hash, recorded_at)
    select *
    from unnest(
        $24::uuid[], $25::integer[], $26::uuid[], $27::text[], $28::text[], $29::text[],
        $30::text[], $31::text[], $32::timestamptz[]
    )
)
insert into notifier.head_count as old (partition, what, count)
select partition, what, count
from unnest($33::integer[], $34::text[], $35::bigint[]) as new (partition, what, count)
order by partition, what
on conflict (partition, what) do update
set count = old.count + excluded.count;

-- name: delete_stale_legs
-- Removes what was judged of an alert where its incident, now opened, has no such leg.
delete from notifier.leg
where incident_id = any($1::uuid[])
  and not exists (
      select
      from unnest($2::uuid[], $3::integer[], $4::text[]) as kept (incident_id, round, leg)
      where kept.incident_id = leg.incident_id
        and kept.round = leg.round
        and kept.leg = leg.leg
  );

-- name: delete_deadlines
-- Ends the deadlines of ids.
delete from notifier.deadline
where incident_id = any($1::uuid[]);

-- name: fail_deadline
-- Counts a failed try of a deadline; after the last it is set aside until the id is spoken of again.
update notifier.deadline
set attempts = attempts + 1,
    next_try_at = $3::timestamptz + make_interval(secs => power(2, attempts)),
    state = case when attempts + 1 >= $4 then 'set_aside' else state end,
    fault = $2
where incident_id = $1
  and state = 'open'
returning state;

-- name: upsert_heartbeats
-- Keeps the last sign of life of each process: which is later only the hearer's clock can say, since
-- the sender's may have been set back. The same one again, of another partition, is none.
insert into notifier.heartbeat as old (service, instance, sent_at, heard_at)
select service, instance, sent_at, $4
from unnest($1::text[], $2::text[], $3::timestamptz[]) as new (service, instance, sent_at)
on conflict (service, instance) do update
set sent_at = excluded.sent_at, heard_at = excluded.heard_at
where old.sent_at <> excluded.sent_at;

-- name: upsert_desks
-- Keeps what was told last of the desks of each center.
insert into notifier.desk as old (center, type, at, value)
select center, type, at, value
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) as new (center, type, at, value)
on conflict (center, type) do update
set at = excluded.at, value = excluded.value
where old.at <= excluded.at;

-- name: beat_partitions
-- Says again that partitions are in good hands.
insert into notifier.partition_beat as old (partition, beats)
select partition, 1
from unnest($1::integer[]) as new (partition)
order by partition
on conflict (partition) do update
set beats = old.beats + 1;

-- name: select_beats
-- Reads how often each partition was said to be in good hands.
select partition, beats
from notifier.partition_beat;
