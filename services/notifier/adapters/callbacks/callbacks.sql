-- Statements on callbacks to stations; all moments are real time.

-- name: find_subscribed
-- Reads what each of some stations wants to be told.
select station, types
from notifier.callback_subscription
where station = any($1::text[]);

-- name: lock_lines
-- Locks the numbering of stations, in an order that all keep.
select station
from notifier.callback_line
where station = any($1::text[])
order by station
for update;

-- name: insert_callbacks
-- Puts callbacks at the ends of their stations' lines; one that is there already takes no number.
with given as (
    select *
    from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[])
    with ordinality as given (id, station, incident_id, type, status, body, position)
),
fresh as (
    select given.*, row_number() over (partition by given.station order by given.position) as place
    from given
    where not exists (select from notifier.callback as known where known.id = given.id)
),
moved as (
    update notifier.callback_line as line
    set last = line.last + counted.count
    from (select station, count(*) as count from fresh group by station) as counted
    where line.station = counted.station
    returning line.station, line.last - counted.count as before
)
insert into notifier.callback (
    id, station, sequence, incident_id, type, status, body, produced_at, next_at
)
select
    fresh.id, fresh.station, moved.before + fresh.place, fresh.incident_id, fresh.type,
    fresh.status, fresh.body, $7, $7
from fresh
join moved on moved.station = fresh.station
returning type;

-- name: take_due
-- Locks what is due and nobody has: of each station as many as it has room for, of each alert the first that waits.
select
    callback.id, callback.station, callback.incident_id, callback.type, callback.attempts,
    callback.body, subscription.url, subscription.secrets
from notifier.callback
join notifier.callback_subscription as subscription on subscription.station = callback.station
where callback.id in (
    select ahead.id
    from notifier.callback_subscription as told
    left join unnest($2::text[], $3::int[]) as room (station, free) on room.station = told.station
    cross join lateral (
        select first.id, first.next_at, row_number() over (order by first.next_at, first.sequence) as place
        from (
            select due.id, due.next_at, due.sequence
            from notifier.callback as due
            where due.station = told.station
              and due.state = 'waiting'
              and due.next_at <= $1
              and not exists (
                  select from notifier.callback as earlier
                  where earlier.station = due.station
                    and earlier.incident_id = due.incident_id
                    and earlier.state = 'waiting'
                    and earlier.sequence < due.sequence
              )
            order by due.next_at, due.sequence
            limit $4
        ) as first
    ) as ahead
    where told.url is not null
      and told.state = 'active'
      and coalesce(room.free, $4) > 0
      and ahead.place <= coalesce(room.free, $4)
    order by ahead.place, ahead.next_at
    limit $5
)
  and callback.state = 'waiting'
  and callback.next_at <= $1
order by callback.next_at, callback.sequence
for update of callback skip locked;

-- name: begin_attempts
-- Counts an attempt before it is made, its outcome still open; if nobody settles it, it is due again.
update notifier.callback as callback
set attempts = begun.attempt, next_at = $3, outcome = null
from unnest($1::uuid[], $2::int[]) as begun (id, attempt)
where callback.id = begun.id;

-- name: settle_callbacks
-- Keeps what attempts came to: a success always, anything else only if no later attempt has begun.
update notifier.callback as callback
set state = came.state,
    outcome = came.outcome,
    next_at = coalesce(came.next_at, callback.next_at),
    settled_at = case when came.state = 'waiting' then null else came.ended_at end,
    tries = callback.tries || jsonb_build_object(
        'at', came.ended_at, 'outcome', came.outcome, 'attempt', came.attempt
    )
from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]
) as came (id, attempt, state, outcome, next_at, ended_at)
where callback.id = came.id
  and (
      (callback.state = 'waiting' and callback.attempts = came.attempt and callback.outcome is null)
      or (callback.state in ('waiting', 'failed') and came.state = 'delivered')
  );

-- name: note_failures
-- Keeps since when stations fail.
update notifier.callback_subscription
set failing_since = $2
where station = any($1::text[]) and failing_since is null;

-- name: note_successes
-- Forgets that stations failed, and says since when they had.
update notifier.callback_subscription as subscription
set failing_since = null
from notifier.callback_subscription as before
where subscription.station = any($1::text[]) and subscription.failing_since is not null
  and before.station = subscription.station
returning subscription.station, before.failing_since;

-- name: bring_forward
-- Makes due what waits for its next attempt to stations that answer again.
update notifier.callback
set next_at = $2
where station = any($1::text[]) and state = 'waiting' and next_at > $2 and outcome is not null;

-- name: disable_gone
-- Sends nothing more to addresses that said they are gone, unless they were changed meanwhile.
update notifier.callback_subscription as subscription
set state = 'disabled', reason = $3, changed_at = $4
from unnest($1::text[], $2::text[]) as gone (station, url)
where subscription.station = gone.station
  and subscription.url = gone.url
  and subscription.state = 'active'
returning subscription.station;

-- name: disable_failing
-- Sends nothing more to stations that have failed since before a moment.
update notifier.callback_subscription
set state = 'disabled', reason = $2, changed_at = $3
where state = 'active' and url is not null and failing_since < $1
returning station;

-- name: expire_callbacks
-- Gives up what has waited since before a moment, a bounded part of it.
update notifier.callback
set state = 'failed', outcome = 'expired', settled_at = $2
where id in (
    select id
    from notifier.callback
    where state = 'waiting' and produced_at < $1
    order by produced_at
    limit $3
    for update skip locked
);

-- name: purge_callbacks
-- Removes what was settled before a moment, a bounded part of it, and remembers how far.
with gone as (
    delete from notifier.callback
    where id in (
        select id
        from notifier.callback
        where state <> 'waiting' and settled_at < $1
        order by settled_at
        limit $2
        for update skip locked
    )
    returning station, sequence
),
noted as (
    update notifier.callback_line as line
    set purged = greatest(line.purged, far.sequence)
    from (select station, max(sequence) as sequence from gone group by station) as far
    where line.station = far.station
)
select count(*) from gone;

-- name: purge_receipts
-- Forgets batches of receipts that were imported before a moment.
delete from notifier.callback_receipt
where imported_at < $1;

-- name: measure_waiting
-- Counts what waits in each way, and reads since when.
select
    case
        when subscription.url is null then 'pull'
        when subscription.state = 'disabled' then 'disabled'
        when callback.attempts = 0 then 'first'
        else 'retry'
    end as what,
    count(*) as count,
    min(callback.produced_at) as oldest
from notifier.callback
left join notifier.callback_subscription as subscription
    on subscription.station = callback.station
where callback.state = 'waiting'
group by what;
