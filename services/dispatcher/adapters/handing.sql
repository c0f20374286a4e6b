-- Hand-overs at shift change.

-- name: lock_handovers
-- Holds the hand-overs of a center against every other until the transaction ends.
select pg_advisory_xact_lock($1, hashtext($2));

-- name: find_handover
-- Reads a hand-over of a center; the open one where no id is given.
select document, sealed, shown, hash
from dispatcher.handover
where center = $1
  and case when $2::uuid is null then state = 'open' else id = $2 end;

-- name: list_open
-- Gives what a center has open, oldest received first.
select id
from dispatcher.incident
where center = $1 and ended_at is null
order by received_at, id
limit $2;

-- name: put_handover
-- Keeps a hand-over.
insert into dispatcher.handover (
    id, center, prepared_at, state, sealed, document, shown, hash
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (id) do update
set state = excluded.state,
    document = excluded.document,
    shown = excluded.shown,
    hash = excluded.hash;

-- name: list_handovers
-- Gives a page of a center's hand-overs, newest first.
select document, sealed, shown, hash
from dispatcher.handover
where center = $1
  and ($2::uuid is null
       or (prepared_at, id) < (
           select last.prepared_at, last.id from dispatcher.handover as last where last.id = $2
       ))
order by prepared_at desc, id desc
limit $3;
