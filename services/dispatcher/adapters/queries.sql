-- The dispatcher's statements.

-- name: lock_incidents
-- Locks incidents in the order of their ids and reads them.
select document, head
from dispatcher.incident
where id = any($1::uuid[])
order by id
for update;

-- name: find_incidents
-- Reads incidents without locking them.
select document
from dispatcher.incident
where id = any($1::uuid[]);

-- name: find_engaged
-- Reads which of these teams are on which incident.
select team, incident
from dispatcher.assignment
where team = any($1::text[]) and live;

-- name: lock_teams
-- Locks teams in the order of their ids, and reads which are on which incident.
select team, incident
from dispatcher.lock_teams($1);

-- name: insert_incidents
-- Writes new incidents; says which were new.
insert into dispatcher.incident (
    id, version, state, kind, severity, status, station, center,
    received_at, updated_at, ended_at, head, document
)
select *
from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[],
    $13::text[]
)
on conflict (id) do nothing
returning id;

-- name: save_changes
-- Writes changes, all at once; says whether what they rest on still stood.
select dispatcher.save_changes(
    $1,
    $2, $3,
    $4, $5,
    $6,
    $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
    $27, $28, $29,
    $30, $31, $32, $33, $34, $35,
    $36, $37, $38, $39,
    $40,
    $41, $42, $43, $44,
    $45, $46,
    $47, $48, $49, $50
);

-- name: look_at
-- Reads an incident, the answer to a command and which of some teams are on which incident.
select version, head, document, digest, body, engaged_teams, engaged_incidents
from dispatcher.look_at($1, $2, $3, $4, $5);

-- name: read_answer
-- Reads the first answer to a command.
select digest, body
from dispatcher.answer
where caller = $1 and command = $2 and key = $3;

-- name: insert_answer
-- Keeps the first answer to a command; gives nothing if another request used the key meanwhile.
insert into dispatcher.answer (caller, command, key, digest, body, recorded_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (caller, command, key) do nothing
returning key;

-- name: insert_early
-- Keeps messages that overtook their alert; a repeat changes nothing.
insert into dispatcher.early (incident, id, type, value, recorded_at)
select incident, id, type, value, $5
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as told (incident, id, type, value)
on conflict (incident, id) do nothing;

-- name: take_early
-- Takes out the messages kept for incidents that open now.
delete from dispatcher.early
where incident = any($1::uuid[])
returning incident, id, type, value, recorded_at;

-- name: insert_deliveries
-- Queues deliveries to enterprises' own systems, one for each incident and round.
insert into dispatcher.delivery (
    id, incident, center, round, body, state, next_at, queued_at
)
select id, incident, center, round, '', 'queued', $5, $5
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) as queued (id, incident, center, round)
on conflict (incident, round) do nothing;

-- name: list_incidents
-- Gives a page of incidents, newest received first; a null argument asks for any.
select document
from dispatcher.incident as incident
where ($1::text is null or state = $1)
  and ($2::bool is null or (ended_at is null) = $2)
  and ($3::text is null or center = $3)
  and ($4::text is null or kind = $4)
  and ($5::text is null or severity = $5)
  and ($6::text is null or status = $6)
  and ($7::timestamptz is null or received_at >= $7)
  and ($8::timestamptz is null or received_at < $8)
  and ($9::timestamptz is null or (received_at, id) < ($9, $10::uuid))
  and ($11::text is null or station = $11 or offered_to = $11)
  and ($12::text is null or center = $12 or station = $12
       or exists (
           select from dispatcher.assignment
           where organisation = $12 and incident = incident.id
             and (live or ended_at >= $14::timestamptz)
       ))
  and ($13::text is null
       or exists (
           select from dispatcher.assignment
           where team = $13 and incident = incident.id
             and (live or ended_at >= $14::timestamptz)
       ))
order by received_at desc, id desc
limit $15;

-- name: list_events
-- Gives the chained events of an incident behind a version.
select version, id, canonical, previous, hash
from dispatcher.event
where incident = $1 and version > $2
order by version
limit $3;

-- name: read_sequence
-- Reads where a channel's sequence stands.
select sequence
from dispatcher.channel
where name = $1;

-- name: list_live
-- Gives the live incidents of a center, and those lent to it that live; of very many the newest.
select document
from (
    select document, received_at, id
    from dispatcher.incident as incident
    where ended_at is null
      and (center = $1
           or exists (
               select from dispatcher.assignment
               where organisation = $1 and incident = incident.id and live
           ))
    order by received_at desc, id desc
    limit 1000
) as newest
order by received_at, id;

-- name: insert_reveal
-- Records that somebody sees personal data.
insert into dispatcher.reveal (id, incident, caller, role, organisation, person, revealed_at)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: list_personal
-- Gives the sealed texts of an incident.
select version, sealed
from dispatcher.personal
where incident = $1
order by version;

-- name: read_frames
-- Gives what channels were told behind the sequences their readers have.
select told.channel, told.sequence, told.type, told.data
from unnest($1::text[], $2::bigint[]) as reader (channel, after)
cross join lateral (
    select channel, sequence, type, data
    from dispatcher.frame
    where frame.channel = reader.channel and frame.sequence > reader.after
    order by frame.sequence
    limit $3
) as told
order by told.channel, told.sequence;

-- name: read_events_of
-- Gives the events of incidents behind the versions their readers have.
select told.incident, told.version, told.type, told.canonical
from unnest($1::uuid[], $2::bigint[]) as reader (incident, after)
cross join lateral (
    select incident, version, type, canonical
    from dispatcher.event
    where event.incident = reader.incident and event.version > reader.after
    order by event.version
    limit $3
) as told
order by told.incident, told.version;

-- name: read_version
-- Reads where an incident stands.
select version
from dispatcher.incident
where id = $1;

-- name: list_presences
-- Reads what operators said last at their desks, as far as it still counts.
select center, operator, away, since, until
from dispatcher.presence
where until > $1;

-- name: read_bounds
-- Reads where a channel stands and the oldest frame that is kept of it.
select
    coalesce((select sequence from dispatcher.channel where name = $1), 0) as newest,
    (select min(sequence) from dispatcher.frame where channel = $1) as oldest;

-- name: purge_frames
-- Removes frames older than a moment, a bounded number at a time.
delete from dispatcher.frame
where (channel, sequence) in (
    select channel, sequence
    from dispatcher.frame
    where recorded_at < $1
    order by recorded_at
    limit $2
);
