-- Shifts at desks, streams that live, and what centers are because of them.

-- name: lock_center
-- Holds the desks of a center against every other writer until the transaction ends.
select pg_advisory_xact_lock($1, hashtext($2));

-- name: insert_shift
-- Begins a shift at a desk; the one before must have been ended.
insert into dispatcher.shift (
    id, center, desk, operator, key, since, until, sound, checked, reason
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: end_shift
-- Ends the shift at a desk, if there is one.
update dispatcher.shift
set ended_at = greatest($3, since), ended_by = $4
where center = $1 and desk = $2 and ended_at is null;

-- name: end_forgotten
-- Ends the shifts of a center that count no more.
update dispatcher.shift
set ended_at = until, ended_by = 'nobody'
where center = $1 and until <= $2 and ended_at is null;

-- name: set_sound
-- Says whether a desk on shift can be heard; gives the shift, or nothing where there is none.
update dispatcher.shift
set sound = $3
where center = $1 and desk = $2 and ended_at is null and until > $4
returning id;

-- name: count_others
-- Counts the desks of a center on shift beside one.
select count(*)
from dispatcher.shift
where center = $1 and desk <> $2 and ended_at is null and until > $3;

-- name: list_consoles
-- Reads the desks on shift, of a center or of all, each with whether its stream lives and whether
-- its operator is away.
select
    shift.center, shift.desk, shift.operator, shift.since, shift.until, shift.sound,
    shift.checked, shift.reason,
    exists (
        select from dispatcher.desk_stream as stream
        where stream.center = shift.center
          and stream.desk = shift.desk
          and not stream.client
          and stream.seen_at > $3
    ) as connected,
    coalesce((
        select presence.away from dispatcher.presence as presence
        where presence.center = shift.center
          and presence.operator = shift.operator
          and presence.until > $2
    ), false) as away
from dispatcher.shift as shift
where ($1::text is null or shift.center = $1)
  and ($4::uuid is null or shift.desk = $4)
  and shift.ended_at is null
  and shift.until > $2
order by shift.center, shift.since, shift.desk;

-- name: count_clients
-- Counts the programs that listen with a key of their own, of a center or of all.
select center, count(distinct desk)::int as clients
from dispatcher.desk_stream
where ($1::text is null or center = $1) and client and seen_at > $2
group by center;

-- name: list_standings
-- Reads what centers were told to be last.
select center, state, on_shift, connected, audible, away, clients, since
from dispatcher.standing
where $1::text is null or center = $1;

-- name: put_standing
-- Keeps what a center is told to be now; its state is since then, if it is another.
insert into dispatcher.standing as known (
    center, state, on_shift, connected, audible, away, clients, since
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (center) do update
set state = excluded.state,
    on_shift = excluded.on_shift,
    connected = excluded.connected,
    audible = excluded.audible,
    away = excluded.away,
    clients = excluded.clients,
    since = case when known.state = excluded.state then known.since else excluded.since end;

-- name: put_streams
-- Says of streams of a process that they live.
insert into dispatcher.desk_stream as known (center, desk, process, client, seen_at)
select named.center, named.desk, $1, named.client, $5
from unnest($2::text[], $3::uuid[], $4::boolean[]) as named (center, desk, client)
order by named.center, named.desk
on conflict (center, desk, process) do update
set client = excluded.client, seen_at = excluded.seen_at;

-- name: drop_streams
-- Forgets streams of a process that ended, and those that no process speaks of any more.
delete from dispatcher.desk_stream as known
where (known.process = $1
       and exists (
           select from unnest($2::text[], $3::uuid[]) as gone (center, desk)
           where gone.center = known.center and gone.desk = known.desk
       ))
   or known.seen_at < $4;

-- name: tell_channels
-- Gives each of these channels its next frame, in the order of their names.
with taken as (
    insert into dispatcher.channel as channel (name, sequence)
    select named.name, 1 from unnest($1::text[]) as named (name)
    order by named.name
    on conflict (name) do update set sequence = channel.sequence + 1
    returning channel.name, channel.sequence
)
insert into dispatcher.frame (channel, sequence, type, data, recorded_at)
select taken.name, taken.sequence, $2, $3, $4
from taken;
