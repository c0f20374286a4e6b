-- Who is at which center's desk.

-- name: put_presence
-- Keeps what an operator said last.
insert into dispatcher.presence as known (center, operator, away, since, until)
values ($1, $2, $3, $4, $5)
on conflict (center, operator) do update
set away = excluded.away, since = excluded.since, until = excluded.until;

-- name: drop_presence
-- Forgets what no longer counts at a center.
delete from dispatcher.presence
where center = $1 and until <= $2;

-- name: forget_presence
-- Forgets what an operator said.
delete from dispatcher.presence
where center = $1 and operator = $2;

-- name: lock_desk
-- Holds a desk against every other writer until the transaction ends.
select pg_advisory_xact_lock($1, hashtext($2));

-- name: list_presence
-- Reads what counts at a desk.
select operator, away, since, until
from dispatcher.presence
where center = $1 and until > $2
order by operator
limit $3;

-- name: tell_channel
-- Gives a channel its next frame.
with taken as (
    insert into dispatcher.channel as channel (name, sequence)
    values ($1, 1)
    on conflict (name) do update set sequence = channel.sequence + 1
    returning channel.name, channel.sequence
)
insert into dispatcher.frame (channel, sequence, type, data, recorded_at)
select taken.name, taken.sequence, $2, $3, $4
from taken;
