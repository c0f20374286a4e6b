-- Cases as they were recorded for figures, baselines, and how ready centers were.

-- name: record_cases
-- Records cases anew where figures see something else in them than what was recorded last. Their
-- incidents are locked, so nobody else records them now; the order of a case's rows is that of
-- their moments.
insert into notifier.figure_case (
    incident_id, sequence, recorded_at, received_at, status, station, center, late_entry, digest,
    body
)
select new.incident_id, coalesce(last.sequence, 0) + 1,
       greatest(new.recorded_at, last.recorded_at), new.received_at, new.status, new.station,
       new.center, new.late_entry, new.digest, new.body
from unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
    $7::boolean[], $8::text[], $9::text[]
) as new (
    incident_id, recorded_at, received_at, status, station, center, late_entry, digest, body
)
left join lateral (
    select sequence, recorded_at, digest
    from notifier.figure_case as old
    where old.incident_id = new.incident_id
    order by sequence desc
    limit 1
) as last on true
where last.digest is distinct from new.digest;

-- name: list_cases
-- Reads cases received in a stretch of time as they were last recorded by a moment, and, where that
-- differs, as they were recorded by an earlier one.
with newest as (
    select incident_id,
           max(sequence) as latest,
           max(sequence) filter (where recorded_at <= $4) as earlier
    from notifier.figure_case
    where received_at >= $1
      and received_at < $2
      and recorded_at <= $3
      and ($5::text is null or station = $5)
    group by incident_id
    limit $7
)
select latest.body,
       newest.earlier = newest.latest as same,
       earlier.body as earlier
from newest
join notifier.figure_case as latest on latest.incident_id = newest.incident_id
    and latest.sequence = newest.latest
left join notifier.figure_case as earlier on earlier.incident_id = newest.incident_id
    and earlier.sequence = newest.earlier
    and newest.earlier <> newest.latest
where $6::text is null or latest.center = $6 or earlier.center = $6;

-- name: list_recordings
-- Reads what was recorded of cases received in a stretch of time between two moments.
select recorded_at, incident_id
from notifier.figure_case
where received_at >= $1
  and received_at < $2
  and recorded_at > $3
  and recorded_at <= $4
  and ($5::text is null or station = $5)
  and ($6::text is null or center = $6)
order by recorded_at, incident_id
limit $7;

-- name: find_baseline
-- Reads the baseline of a park that counts.
select park, version, source, first_day, last_day, set_at, set_by, sample
from notifier.baseline
where park = $1
order by version desc
limit 1;

-- name: lock_baselines
-- Lets one at a time set the baseline of a park, until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('baseline of ' || $1::text, 0));

-- name: insert_baseline
-- Keeps a baseline under the next version.
insert into notifier.baseline
    (park, version, source, first_day, last_day, set_at, set_by, sample)
select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7
from notifier.baseline
where park = $1
returning version;

-- name: insert_readiness
-- Keeps how ready centers were; of one center and moment the first stays.
insert into notifier.readiness (center, taken_at, score, holds, reasons)
select *
from unnest($1::text[], $2::timestamptz[], $3::integer[], $4::boolean[], $5::text[])
on conflict do nothing;

-- name: delete_readiness
-- Forgets how ready centers were before a moment.
delete from notifier.readiness
where taken_at < $1;

-- name: list_readiness
-- Reads how ready a center was, in order of time.
select center, taken_at, score, holds, reasons
from notifier.readiness
where center = $1
  and taken_at >= $2
  and taken_at < $3
order by taken_at
limit $4;

-- name: list_desks
-- Reads what was told last of the desks of centers.
select center, type, value
from notifier.desk;

-- name: find_last_receipts
-- Reads when a console of each center last confirmed a receipt: people's, and the canaries' own.
select center, max(seen_at) as seen_at
from (
    select wanted.center, last.end_at as seen_at
    from unnest($1::text[]) as wanted (center)
    cross join lateral (
        select end_at
        from notifier.leg
        where organisation = wanted.center
          and status = 'actual'
          and received_at >= $2
          and leg = 'push'
          and by = 'person'
        order by received_at desc
        limit 1
    ) as last
    union all
    select center, finished_at
    from notifier.canary
    where pushed
      and finished_at >= $2
) as receipts
group by center;

-- name: find_last_drills
-- Reads when each center last received an alert of a drill.
select center, max(received_at) as drilled_at
from notifier.figure_case
where status = 'exercise'
  and received_at >= $1
group by center;

-- name: find_last_tests
-- Reads when a test message last reached somebody of each organisation.
select organisation, max(settled_at) as tested_at
from notifier.message
where purpose in ('test', 'monthly')
  and state = 'delivered'
  and organisation = any($1::text[])
  and settled_at >= $2
group by organisation;
