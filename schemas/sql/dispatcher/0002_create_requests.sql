-- What is kept beside the incidents: answers to commands, sealed texts, early messages, the directory.

-- A retry of a command gets the first answer.
create table dispatcher.answer (
    caller text not null,
    command text not null,
    key text not null,
    digest text not null,
    body text not null,
    recorded_at timestamptz not null,
    primary key (caller, command, key)
);
create index answer_by_age on dispatcher.answer (recorded_at);

-- Personal data, sealed; erased after retention without touching the chain.
create table dispatcher.personal (
    incident uuid not null,
    version integer not null,
    sealed text not null,
    recorded_at timestamptz not null,
    primary key (incident, version)
);
create index personal_by_age on dispatcher.personal (recorded_at);

-- Who saw personal data, when.
create table dispatcher.reveal (
    id uuid primary key,
    incident uuid not null,
    caller text not null,
    role text not null,
    organisation text not null,
    person text,
    revealed_at timestamptz not null
);
create index reveal_of_incident on dispatcher.reveal (incident, revealed_at);

-- Updates and cancellations that overtook their alert, applied at its opening.
create table dispatcher.early (
    incident uuid not null,
    id text not null,
    type text not null,
    value text not null,
    recorded_at timestamptz not null,
    primary key (incident, id)
);
create index early_by_age on dispatcher.early (recorded_at);

-- The directory in use, and every version there was.
create table dispatcher.directory (
    singleton boolean primary key default true check (singleton),
    version integer not null,
    document jsonb not null,
    published_at timestamptz not null
);
create table dispatcher.directory_version (
    version integer primary key check (version >= 1),
    document jsonb not null,
    applied_by text not null,
    applied_at timestamptz not null
);

-- Deliveries to enterprises' own systems; times are real time.
create table dispatcher.delivery (
    id uuid primary key,
    incident uuid not null references dispatcher.incident (id),
    center text not null,
    round integer not null,
    body text not null,
    state text not null check (state in ('queued', 'delivered', 'ended', 'failed')),
    attempts integer not null default 0 check (attempts >= 0),
    next_at timestamptz not null,
    outcome text,
    queued_at timestamptz not null,
    unique (incident, round)
);
create index delivery_due on dispatcher.delivery (next_at) where state = 'queued';

-- The hourly digest of all heads, each chained to the one before.
create table dispatcher.heads (
    sequence bigint primary key check (sequence >= 1),
    taken_at timestamptz not null,
    count bigint not null,
    digest text not null,
    previous text not null
);

grant select, insert, delete on
    dispatcher.answer, dispatcher.personal, dispatcher.early
    to d115_dispatcher;
grant select, insert on dispatcher.reveal, dispatcher.directory_version, dispatcher.heads
    to d115_dispatcher;
grant select, insert, update on dispatcher.delivery, dispatcher.directory to d115_dispatcher;
