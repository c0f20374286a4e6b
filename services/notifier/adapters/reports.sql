-- What is read of the notifier's tables, the digests taken of them, and what is forgotten.

-- name: tally_legs
-- Counts the legs of a stretch of days in groups, of all ends and by who stamped them. percentile_disc
-- is the nearest rank: the smallest value that at least the share of all values does not exceed.
with shown as (
    select case $4
               when 'center' then organisation
               when 'kind' then kind
               when 'severity' then severity
               when 'station' then station
               else 'all'
           end collate "C" as "group",
           leg collate "C" as leg, outcome, amended, target_seconds, start_at, end_at, seconds,
           by collate "C" as by
    from notifier.leg
    where status = $1
      and received_at >= $2
      and received_at < $3
      and ($5::text is null or organisation = $5)
      and ($6::text is null or station = $6)
      and ($7::text[] is null or organisation = any($7))
)
select "group", leg, by,
       count(seconds) as n,
       count(*) filter (where outcome = 'met') as met,
       count(*) filter (where outcome = 'met' and amended) as amended,
       count(*) filter (where outcome = 'breached') as breached,
       count(*) filter (where outcome = 'void') as void,
       count(*) filter (where start_at is not null and end_at is null) as no_end,
       count(*) filter (where outcome = 'pending') as pending,
       count(*) filter (where outcome = 'not_measured') as not_measured,
       array_agg(distinct target_seconds) filter (where target_seconds is not null) as targets,
       percentile_disc(array[0.5, 0.9, 0.95]) within group (order by seconds) as percentiles
from shown
group by grouping sets (("group", leg), ("group", leg, by))
having grouping(by) = 1 or by is not null
order by "group", leg, by nulls first;

-- name: count_proofs
-- Counts arrivals of a stretch of days by what they rest on, in groups.
select case $4
           when 'center' then organisation
           when 'kind' then kind
           when 'severity' then severity
           when 'station' then station
           else 'all'
       end collate "C" as "group",
       leg collate "C" as leg, coalesce(proof, 'none') as proof,
       count(seconds) as n,
       count(*) filter (where outcome = 'met') as met,
       count(*) filter (where outcome = 'breached') as breached
from notifier.leg
where status = $1
  and received_at >= $2
  and received_at < $3
  and ($5::text is null or organisation = $5)
  and ($6::text is null or station = $6)
  and ($7::text[] is null or organisation = any($7))
  and leg in ('on_scene', 'response')
  and end_at is not null
group by 1, 2, 3
order by 1, 2, 3;

-- name: count_left_out
-- Counts the cases received in a stretch of time that legs leave out: each as first recorded.
select count(*) filter (where status = 'exercise') as exercises,
       count(*) filter (where status = 'test') as tests,
       count(*) filter (where status = 'actual' and late_entry) as late_entries
from notifier.figure_case
where received_at >= $1
  and received_at < $2
  and sequence = 1
  and ($3::text is null or station = $3)
  and ($4::text is null or center = $4)
  and ($5::text[] is null or center = any($5));

-- name: compare_alerts_and_incidents
-- Finds alerts without incident and incidents without alert, of those from before a moment, and
-- incidents opened beside another one from the same content. An incident that follows another one
-- has no alert of its own: that of the first of its line counts. One that was entered late never
-- had one.
with recursive line (id, origin, depth) as (
    select id, origin, 0
    from notifier.incident
    where opened_at is not null
      and not alert_known
      and dead_lettered_at is null
      and opened_at < $1
      and coalesce(body::json ->> 'late_entry', 'false') <> 'true'
    union all
    select line.id, above.origin, line.depth + 1
    from line
    join notifier.incident as above on above.id = line.origin
    where not above.alert_known
      and above.dead_lettered_at is null
      and line.depth < 20
),
announced as (
    select line.id
    from line
    join notifier.incident as first on first.id = line.origin
    where first.alert_known
       or first.dead_lettered_at is not null
)
select
    (
        select count(*)
        from notifier.incident
        where opened_at is null
          and alert_known
          and dead_lettered_at is null
          and alert_received_at < $1
    ) as unopened,
    (
        select min(alert_received_at)
        from notifier.incident
        where opened_at is null
          and alert_known
          and dead_lettered_at is null
    ) as oldest_unopened_at,
    (
        select count(*)
        from line
        where depth = 0
          and id not in (select id from announced)
    ) as unannounced,
    (
        select count(*)
        from notifier.incident as beside
        where beside.origin is not null
          and not beside.alert_known
          and beside.origin_link = 'conflict'
          and exists (
              select
              from notifier.incident as other
              where other.id = beside.origin
                and other.fingerprint = beside.fingerprint
              union all
              select
              from notifier.incident as other
              where other.origin = beside.origin
                and not other.alert_known
                and other.origin_link = 'conflict'
                and other.id < beside.id
                and other.fingerprint = beside.fingerprint
          )
    ) as doubled;

-- name: count_heads
-- Reads how many alerts were accepted and how many incidents stand in each state, as they were
-- counted when they changed: that costs the same however many there are.
select what, sum(count)::bigint as count
from notifier.head_count
group by what
having sum(count) <> 0
order by what;

-- name: count_dead
-- Counts the alerts that were put with the dead letters.
select count(*)
from notifier.incident
where dead_lettered_at is not null;

-- name: measure_deadlines
-- Reads when the oldest open deadline was due, and counts those that were set aside.
select (select min(due_at) from notifier.deadline where state = 'open') as oldest,
       (select count(*) from notifier.deadline where state = 'set_aside') as set_aside;

-- name: find_incident
-- Reads what is stored of an id.
select incident.id, incident.partition, incident.version, incident.state,
       incident.alert_received_at, incident.cancelled_at, incident.legs, incident.announced,
       incident.judged_to, incident.sequence, incident.hash, incident.recorded_at,
       incident.traceparent, incident.body, alert.body as alert
from notifier.incident
left join notifier.alert on alert.id = incident.id
where incident.id = $1;

-- name: list_timing_events
-- Reads the timing log of an id behind a place in it.
select id, type, sequence, text, previous, hash
from notifier.timing_event
where incident_id = $1
  and sequence > $2
order by sequence
limit $3;

-- name: list_heads
-- Reads heads of timing logs in the order of their ids.
select id, sequence, hash
from notifier.incident
where sequence > 0
  and ($1::uuid is null or id > $1)
order by id
limit $2;

-- name: list_digests
-- Reads digests in their order.
select sequence, taken_at, count, digest, previous
from notifier.heads_digest
where sequence > $1
order by sequence
limit $2;

-- name: last_digest
-- Reads the last digest.
select sequence, taken_at, count, digest, previous
from notifier.heads_digest
order by sequence desc
limit 1;

-- name: lock_digests
-- Lets one process at a time take a digest, if none is at it.
select pg_try_advisory_xact_lock($1);

-- name: digest_heads
-- Hashes, of each timing log, the last fact recorded before a moment: a line `id sequence hash` each,
-- in the order of the ids, which is that of the lines.
with heads as (
    select incident.id, head.sequence, head.hash
    from notifier.incident
    cross join lateral (
        select event.sequence, event.hash
        from notifier.timing_event as event
        where event.incident_id = incident.id
          and event.recorded_at < $1
        order by event.sequence desc
        limit 1
    ) as head
    where incident.sequence > 0
      and incident.recorded_at >= $1
    union all
    select id, sequence, hash
    from notifier.incident
    where sequence > 0
      and recorded_at < $1
)
select count(*) as count,
       encode(
           sha256(
               coalesce(
                   string_agg(
                       convert_to(format(E'%s %s %s\n', id, sequence, hash), 'UTF8'),
                       ''::bytea order by id
                   ),
                   ''::bytea
               )
           ),
           'hex'
       ) as digest
from heads;

-- name: insert_digest
-- Keeps a digest; where another process took it first, nothing.
insert into notifier.heads_digest (sequence, taken_at, count, digest, previous)
values ($1, $2, $3, $4, $5)
on conflict do nothing
returning sequence;

-- name: list_heartbeats
-- Reads the last sign of life of each process, the last heard first.
select service, instance, sent_at, heard_at
from notifier.heartbeat
order by heard_at desc, sent_at desc
limit 100;

-- name: delete_heartbeats
-- Forgets processes that have been silent for long, but never the last one of a service.
delete from notifier.heartbeat as old
where old.heard_at < $1
  and exists (
      select
      from notifier.heartbeat as newer
      where newer.service = old.service
        and newer.heard_at > old.heard_at
  );
