-- The notifier's own tables. It reads no other service's; what it knows came over Kafka.

-- What it knows of an id that somebody spoke of: its alert, its incident, or both. Every other row
-- about the id is written under this row's lock.
create table notifier.incident (
    id uuid primary key,
    partition integer not null check (partition >= 0), -- of its key, in alerts.v1 and incidents.v1
    version integer not null default 0 check (version >= 0), -- 0: no incident has been heard of
    state text,
    center text,
    fingerprint text, -- of the content it was opened with
    origin uuid, -- the first incident it was linked to: the one it follows, if it follows one
    origin_link text,
    opened_at timestamptz,
    body text, -- its public state as JSON
    alert_known boolean not null default false,
    alert_received_at timestamptz,
    cancelled_at timestamptz, -- when its station withdrew the alert
    dead_lettered_at timestamptz, -- when its alert was put with the dead letters
    legs text not null default '{}', -- a digest of each of its rows in leg, to see what changes
    judged_to timestamptz, -- its clocks have been read up to this moment
    sequence integer not null default 0 check (sequence >= 0), -- the head of its timing log
    hash text not null default repeat('0', 64) check (hash ~ '^[0-9a-f]{64}$'),
    recorded_at timestamptz, -- of the head
    check ((version = 0) = (body is null)),
    check ((version = 0) = (state is null)),
    check ((version = 0) = (center is null)),
    check ((version = 0) = (fingerprint is null)),
    check ((version = 0) = (opened_at is null)),
    check ((origin is null) = (origin_link is null)),
    check (alert_known = (alert_received_at is not null)),
    check ((sequence = 0) = (recorded_at is null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- Kept out of line as it is: counting and claiming rows must not read past it.
alter table notifier.incident alter column body set storage external;

create index incident_by_state on notifier.incident (state);
create index alert_unopened on notifier.incident (alert_received_at)
where version = 0 and alert_known and dead_lettered_at is null;
create index incident_unannounced on notifier.incident (opened_at)
where version > 0 and not alert_known and dead_lettered_at is null;
create index alert_dead on notifier.incident (id) where dead_lettered_at is not null;
create index incident_by_origin on notifier.incident (origin)
where origin is not null and not alert_known;

-- Alerts that intake accepted; of several copies the first.
create table notifier.alert (
    id uuid primary key references notifier.incident,
    received_at timestamptz not null,
    station text not null,
    kind text not null,
    severity text not null,
    status text not null,
    revision integer not null check (revision >= 1),
    fingerprint text not null,
    body text not null -- as JSON, without anything personal
);

-- For each incident the next moment at which its clocks say something, if nothing happens before.
create table notifier.deadline (
    incident_id uuid primary key references notifier.incident,
    key text not null, -- what is due then, such as due/1/push
    kind text not null check (kind in ('at_risk', 'due', 'ladder')),
    due_at timestamptz not null, -- the first moment at which it has passed
    partition integer not null check (partition >= 0),
    state text not null default 'open' check (state in ('open', 'set_aside')),
    attempts integer not null default 0 check (attempts >= 0),
    next_try_at timestamptz, -- real time
    fault text,
    check (split_part(key, '/', 1) = kind)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- How often a process has said that it has applied all a partition held, and keeps its deadlines.
create table notifier.partition_beat (
    partition integer primary key check (partition >= 0),
    beats bigint not null check (beats >= 1)
) with (fillfactor = 50);

create index deadline_open on notifier.deadline (due_at) where state = 'open';
create index deadline_set_aside on notifier.deadline (incident_id) where state = 'set_aside';

-- The verdict on each leg of each round, for the compliance figures.
create table notifier.leg (
    incident_id uuid not null references notifier.incident,
    round integer not null check (round >= 1),
    leg text not null,
    organisation text not null, -- whom it is charged to
    station text not null,
    kind text not null,
    severity text not null, -- at the opening: what the profile was chosen by
    status text not null,
    received_at timestamptz not null, -- of the alert: the day it counts for
    outcome text not null check (
        outcome in ('pending', 'met', 'breached', 'void', 'not_measured', 'measured')
    ),
    amended boolean not null,
    target_seconds integer check (target_seconds > 0),
    start_at timestamptz,
    due_at timestamptz,
    end_at timestamptz,
    seconds double precision,
    by text check (by in ('person', 'machine')), -- who stamped the end
    primary key (incident_id, round, leg),
    check ((end_at is null) = (by is null)),
    check ((seconds is null) = (start_at is null or end_at is null)),
    check ((due_at is null) = (start_at is null or target_seconds is null)),
    check (outcome <> 'met' or (end_at is not null and end_at <= due_at)),
    check (outcome <> 'breached' or (due_at is not null and (end_at is null or end_at > due_at))),
    check (outcome not in ('pending', 'void') or (start_at is not null and end_at is null)),
    check ((outcome = 'not_measured') = (start_at is null)),
    check (outcome <> 'measured' or (end_at is not null and target_seconds is null)),
    check (not amended or outcome in ('met', 'void'))
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

create index leg_by_day on notifier.leg (status, received_at);

-- What the clocks of each incident said, chained; each fact once. Nothing here is ever changed:
-- the service's role may only insert and read.
create table notifier.timing_event (
    incident_id uuid not null references notifier.incident,
    sequence integer not null check (sequence >= 1),
    id uuid not null, -- follows from incident and fact
    type text not null,
    fact text not null, -- such as breached/1/push
    text text not null,
    previous text not null check (previous ~ '^[0-9a-f]{64}$'),
    hash text not null check (hash ~ '^[0-9a-f]{64}$'),
    recorded_at timestamptz not null,
    primary key (incident_id, sequence),
    unique (incident_id, fact)
);

-- The digest of all timing heads, one for each full hour of domain time; never changed either.
create table notifier.heads_digest (
    sequence integer primary key check (sequence >= 1),
    taken_at timestamptz not null unique,
    count bigint not null check (count >= 0),
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    previous text not null check (previous ~ '^[0-9a-f]{64}$')
);

-- The last sign of life of each process of another service; both moments are real time.
create table notifier.heartbeat (
    service text not null,
    instance text not null,
    sent_at timestamptz not null,
    heard_at timestamptz not null,
    primary key (service, instance)
);

create table notifier.directory (
    singleton boolean primary key default true check (singleton),
    version integer not null check (version >= 1),
    document jsonb not null,
    published_at timestamptz not null
);

create table notifier.outbox (
    position bigint generated always as identity primary key,
    shard smallint not null,
    topic text not null,
    key text not null,
    partition integer,
    headers jsonb not null,
    value text not null,
    recorded_at timestamptz not null -- real time
) with (autovacuum_vacuum_scale_factor = 0.02);

create table notifier.consumer_position (
    consumer_group text not null,
    topic text not null,
    partition integer not null,
    next_offset bigint not null check (next_offset >= 0),
    primary key (consumer_group, topic, partition)
) with (fillfactor = 50);

create table notifier.dead_letter (
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

grant select, insert, update on
    notifier.incident, notifier.alert, notifier.partition_beat, notifier.directory,
    notifier.consumer_position
to d115_notifier;
grant select, insert, update, delete on
    notifier.deadline, notifier.leg, notifier.heartbeat
to d115_notifier;
grant select, insert, delete on notifier.outbox to d115_notifier;
grant select, insert on
    notifier.timing_event, notifier.heads_digest, notifier.dead_letter
to d115_notifier;
