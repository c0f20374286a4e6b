-- Statements on what is kept for a time, and on the digests of heads.

-- name: purge_answers
-- Removes answers older than a moment, a bounded number at a time.
delete from dispatcher.answer
where (caller, command, key) in (
    select caller, command, key
    from dispatcher.answer
    where recorded_at < $1
    order by recorded_at
    limit $2
);

-- name: take_strays
-- Takes out early messages older than a moment, a bounded number at a time.
delete from dispatcher.early
where (incident, id) in (
    select incident, id
    from dispatcher.early
    where recorded_at < $1
    order by recorded_at
    limit $2
)
returning incident, id, type, recorded_at;

-- name: count_early
-- Counts the early messages that wait for their alert and reads since when.
select count(*) as count, min(recorded_at) as oldest
from dispatcher.early;

-- name: lock_digests
-- Lets one process at a time take a digest, if none is at it.
select pg_try_advisory_xact_lock($1);

-- name: last_digest
-- Reads the last digest.
select sequence, taken_at, count, digest, previous
from dispatcher.heads
order by sequence desc
limit 1;

-- name: list_heads
-- Reads a page of heads in the order of their incidents: of each chain the last event recorded before
-- a moment, which is the head as kept where nothing was recorded since.
select incident.id,
       coalesce(earlier.version, incident.version) as version,
       coalesce(earlier.hash, incident.head) as hash
from dispatcher.incident as incident
left join lateral (
    select event.version, event.hash
    from dispatcher.event as event
    where event.incident = incident.id
      and event.recorded_at < $1
    order by event.version desc
    limit 1
) as earlier on incident.updated_at >= $1
where ($2::uuid is null or incident.id > $2)
  and (incident.updated_at < $1 or earlier.version is not null)
order by incident.id
limit $3;

-- name: insert_digest
-- Keeps a digest; where another process took it first, nothing.
insert into dispatcher.heads (sequence, taken_at, count, digest, previous)
values ($1, $2, $3, $4, $5)
on conflict do nothing
returning sequence;
