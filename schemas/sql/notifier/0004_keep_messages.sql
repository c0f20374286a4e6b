-- Messages to people: one per person and step of an incident, every attempt to send one, and who
-- acknowledged it from the message itself. No address stands here but masked ones in attempts.

create table notifier.message (
    id uuid primary key, -- follows from what it is about and for whom
    position bigint generated always as identity unique,
    purpose text not null check (
        purpose in ('step', 'stand_down', 'bundle', 'digest', 'test', 'monthly')
    ),
    organisation text not null,
    person text not null, -- empty where nobody holds the post
    post text not null,
    why text not null, -- why the roster names the person
    incident uuid,
    step text, -- such as 1/supervisor/1
    rung text,
    number text, -- the incident's short number
    severity text,
    status text check (status in ('actual', 'exercise', 'test')),
    kind text,
    place text,
    center text,
    station text,
    month text check (month ~ '^[0-9]{4}-[0-9]{2}$'),
    voice boolean not null,
    first boolean not null, -- the first the person hears of the incident
    bundle uuid references notifier.message, -- the message it goes with
    state text not null check (state in ('waiting', 'bundled', 'delivered', 'failed', 'skipped')),
    reason text,
    due_at timestamptz not null, -- domain time, as the next one
    made_at timestamptz not null,
    queued_at timestamptz not null, -- real time, as the next one
    next_at timestamptz not null,
    endpoint text not null, -- what answers for the way that is next, such as a gateway
    way integer not null default 0 check (way >= 0),
    tries integer not null default 0 check (tries >= 0),
    attempts integer not null default 0 check (attempts >= 0),
    begun boolean not null default false, -- an attempt is under way, until next_at at the latest
    over_at timestamptz, -- domain time: its cause was gone
    settled_at timestamptz, -- domain time
    acknowledged_at timestamptz, -- domain time
    check ((purpose in ('step', 'stand_down')) = (incident is not null)),
    check ((incident is null) = (step is null)),
    check ((incident is null) = (severity is null)),
    check ((purpose = 'monthly') = (month is not null)),
    check ((bundle is null) or purpose in ('step', 'stand_down')),
    check (state <> 'bundled' or bundle is not null),
    check ((state in ('waiting', 'bundled')) = (settled_at is null)),
    check ((reason is not null) = (state in ('failed', 'skipped')))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

create index message_waiting on notifier.message (next_at) where state = 'waiting';
create index message_by_incident on notifier.message (incident) where incident is not null;
create index message_by_person on notifier.message (organisation, person, position);
create index message_by_center on notifier.message (center, position) where center is not null;
create index message_by_station on notifier.message (station, position) where station is not null;
create index message_by_bundle on notifier.message (bundle) where bundle is not null;
create index message_by_month on notifier.message (month) where month is not null;

-- Every attempt: written before it is made, its outcome when it is known.
create table notifier.message_attempt (
    message_id uuid not null references notifier.message,
    number integer not null check (number >= 1),
    way text not null, -- the type of the way, such as sms
    address text not null, -- masked
    began_at timestamptz not null, -- real time
    ended_at timestamptz, -- real time
    outcome text check (outcome in ('delivered', 'temporary', 'permanent')),
    detail text,
    primary key (message_id, number),
    check ((ended_at is null) = (outcome is null))
) with (fillfactor = 70);

-- Who acknowledged from the message: a link is good for one row.
create table notifier.message_reply (
    message_id uuid primary key references notifier.message,
    acknowledged_at timestamptz not null, -- domain time
    real_at timestamptz not null
);

-- Since when a person's further messages are gathered into one.
create table notifier.message_window (
    organisation text not null,
    person text not null,
    purpose text not null check (purpose in ('bundle', 'digest')),
    opened_at timestamptz not null, -- real time
    primary key (organisation, person, purpose)
) with (fillfactor = 50);

-- The months whose test was made.
create table notifier.message_month (
    month text primary key check (month ~ '^[0-9]{4}-[0-9]{2}$'),
    made_at timestamptz not null, -- domain time
    contacts integer not null check (contacts >= 0)
);

grant select, insert, update on
    notifier.message, notifier.message_attempt, notifier.message_window
to d115_notifier;
grant select, insert on notifier.message_reply, notifier.message_month to d115_notifier;
