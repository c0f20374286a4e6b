-- The ends of all chains, and the digests taken of them, for whoever checks the log.

-- name: list_current_heads
-- Reads a page of heads as they stand, in the order of their incidents.
select id, version, head
from dispatcher.incident
where $1::uuid is null
   or id > $1
order by id
limit $2;

-- name: list_digests
-- Reads a page of digests, oldest first.
select sequence, taken_at, count, digest, previous
from dispatcher.heads
where sequence > $1
order by sequence
limit $2;
