-- Statements on stations' feeds; all moments are real time.

-- name: find_place
-- Reads where a station's feed stands.
select last, confirmed, purged
from notifier.callback_line
where station = $1;

-- name: move_cursor
-- Keeps that a station has all up to a number, and says what it had before.
with before as (
    select station, confirmed
    from notifier.callback_line
    where station = $1
    for update
)
update notifier.callback_line as line
set confirmed = $2
from before
where line.station = before.station and before.confirmed < $2 and line.last >= $2
returning before.confirmed;

-- name: confirm_callbacks
-- Ends what waits, or was given up, and is confirmed now: numbers beyond the first up to the second.
update notifier.callback
set state = 'confirmed', settled_at = $4
where station = $1 and sequence > $2 and sequence <= $3 and state in ('waiting', 'failed');

-- name: read_feed
-- Reads what follows a number.
select sequence, produced_at, body
from notifier.callback
where station = $1 and sequence > $2
order by sequence
limit $3;

-- name: note_batch
-- Keeps that a batch of receipts came, unless it did before.
insert into notifier.callback_receipt (station, batch, imported_at, count)
values ($1, $2, $3, $4)
on conflict (station, batch) do nothing;

-- name: find_known
-- Reads which of some ids are callbacks of a station, and whether their receipt is known.
select id, produced_at, imported_at
from notifier.callback
where station = $1 and id = any($2::uuid[])
order by id
for update;

-- name: note_receipts
-- Keeps when the other side took callbacks; what waited or was given up is confirmed by that.
update notifier.callback
set imported_at = came.imported_at,
    state = case when state in ('waiting', 'failed') then 'confirmed' else state end,
    settled_at = coalesce(settled_at, $4)
from unnest($2::uuid[], $3::timestamptz[]) as came (id, imported_at)
where callback.station = $1 and callback.id = came.id and callback.imported_at is null;

-- name: move_cursor_on
-- Moves a station's cursor up to the first callback that is not confirmed.
update notifier.callback_line as line
set confirmed = greatest(
    line.confirmed,
    coalesce(
        (
            select min(callback.sequence) - 1
            from notifier.callback
            where callback.station = line.station
              and callback.sequence > line.confirmed
              and callback.state in ('waiting', 'failed')
        ),
        line.last
    )
)
where line.station = $1;
