-- The incidents, their chained events, and what leaves them for Kafka and the consoles.

create table dispatcher.incident (
    id uuid primary key,
    version integer not null check (version >= 1),
    state text not null check (state in (
        'open', 'pushed', 'acknowledged', 'assigned', 'accepted', 'en_route', 'on_scene',
        'resolved', 'closed', 'cancelled', 'refused', 'handed_over'
    )),
    kind text not null,
    severity text not null check (severity in ('red', 'orange', 'yellow', 'blue')),
    status text not null check (status in ('actual', 'exercise', 'test')),
    station text not null,
    center text not null,
    received_at timestamptz not null,
    updated_at timestamptz not null,
    ended_at timestamptz,
    head text not null check (head ~ '^[0-9a-f]{64}$'),
    document jsonb not null,
    -- An ended state has its moment, a live one has none.
    check ((state in ('closed', 'cancelled', 'refused', 'handed_over')) = (ended_at is not null))
);
create index incident_of_center on dispatcher.incident (center, received_at desc, id desc);
create index incident_of_station on dispatcher.incident (station, received_at desc, id desc);
create index incident_by_age on dispatcher.incident (received_at desc, id desc);
create index incident_live on dispatcher.incident (center) where ended_at is null;

create table dispatcher.event (
    incident uuid not null references dispatcher.incident (id),
    version integer not null check (version >= 1),
    id uuid not null unique,
    type text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    canonical text not null,
    previous text not null,
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    primary key (incident, version)
);

-- A team has at most one live assignment, over all incidents.
create table dispatcher.team (
    id text primary key
);
create table dispatcher.assignment (
    incident uuid not null references dispatcher.incident (id),
    number integer not null check (number >= 1),
    team text not null references dispatcher.team (id),
    organisation text not null,
    live boolean not null,
    ended_at timestamptz,
    primary key (incident, number),
    check (live = (ended_at is null))
);
create unique index assignment_live on dispatcher.assignment (team) where live;
create index assignment_of_organisation
    on dispatcher.assignment (organisation, incident);
create index assignment_of_team on dispatcher.assignment (team, incident);

create table dispatcher.outbox (
    position bigint generated always as identity primary key,
    shard smallint not null,
    topic text not null,
    key text not null,
    partition integer,
    headers jsonb not null,
    value text not null,
    recorded_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- What a console or a team's phone is told, in a sequence of its own per channel, with no gap.
create table dispatcher.channel (
    name text primary key,
    sequence bigint not null check (sequence >= 0)
) with (fillfactor = 70);
create table dispatcher.frame (
    channel text not null,
    sequence bigint not null check (sequence >= 1),
    type text not null,
    data text not null,
    recorded_at timestamptz not null,
    primary key (channel, sequence)
);
create index frame_by_age on dispatcher.frame (recorded_at);

create table dispatcher.consumer_position (
    consumer_group text not null,
    topic text not null,
    partition integer not null,
    next_offset bigint not null check (next_offset >= 0),
    primary key (consumer_group, topic, partition)
) with (fillfactor = 70);

create table dispatcher.dead_letter (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    key text not null,
    headers jsonb not null,
    value bytea not null,
    reason text not null,
    recorded_at timestamptz not null,
    primary key (topic, partition, "offset")
);

grant usage on schema dispatcher to d115_dispatcher;
grant select, insert on dispatcher.event to d115_dispatcher;
grant select, insert, update on
    dispatcher.incident, dispatcher.team, dispatcher.assignment, dispatcher.channel,
    dispatcher.consumer_position
    to d115_dispatcher;
grant select, insert, delete on
    dispatcher.outbox, dispatcher.frame, dispatcher.dead_letter
    to d115_dispatcher;
