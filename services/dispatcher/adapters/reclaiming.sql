-- Statements of a dispatcher whose database went back in time.

-- name: read_positions
-- Reads how far each partition is applied by a group.
select topic, partition, next_offset
from dispatcher.consumer_position
where consumer_group = any($1::text[]);

-- name: read_newest
-- Reads when an incident was changed last.
select max(updated_at)
from dispatcher.incident;

-- name: find_heads
-- Reads version and end of chain of incidents.
select id, version, head
from dispatcher.incident
where id = any($1::uuid[]);

-- name: leap_channels
-- Numbers frames far beyond all that were told before: whoever resumes reads the board anew.
update dispatcher.channel
set sequence = sequence + $1;

-- name: hold_reclaiming
-- Keeps other dispatchers from doing the same meanwhile.
select pg_advisory_xact_lock($1);
