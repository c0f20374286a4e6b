-- What stations are told: who is told, each callback in its station's order, and what came of it.
-- All moments here are real time: they say when something was made, sent and confirmed.

-- A station that wants to be told. Without an address it pulls what it is told.
create table notifier.callback_subscription (
    station text primary key,
    url text,
    types text[] not null check (cardinality(types) > 0),
    secrets text not null, -- JSON, sealed, the newest first, each with the moment it stops signing
    state text not null default 'active' check (state in ('active', 'disabled')),
    reason text, -- why it was disabled
    changed_at timestamptz not null,
    failing_since timestamptz, -- the first failure since its system last took something
    check ((state = 'disabled') = (reason is not null))
);

-- The numbers of each station's callbacks, without a gap: given in the transaction that makes them.
create table notifier.callback_line (
    station text primary key,
    last bigint not null default 0 check (last >= 0),
    confirmed bigint not null default 0, -- the station says that it has all up to this one
    purged bigint not null default 0, -- all up to this one may have been removed after retention
    check (confirmed between 0 and last),
    check (purged between 0 and last)
) with (fillfactor = 50);

create table notifier.callback (
    id uuid primary key, -- follows from what is told, so that nothing is told under two ids
    station text not null references notifier.callback_line,
    sequence bigint not null check (sequence >= 1),
    incident_id uuid not null, -- what it is in one line with; for a test its own id
    type text not null,
    status text not null check (status in ('actual', 'exercise', 'test')),
    body text not null,
    produced_at timestamptz not null,
    state text not null default 'waiting' check (
        state in ('waiting', 'delivered', 'confirmed', 'failed')
    ),
    attempts integer not null default 0 check (attempts >= 0), -- since it was last put in line
    next_at timestamptz not null, -- while one is under way: when its sender is taken for dead
    outcome text, -- of the last attempt; null while one is under way, and before the first
    tries jsonb not null default '[]', -- every attempt: when it ended, and its outcome
    settled_at timestamptz,
    imported_at timestamptz, -- when the other side of the boundary says it took it
    unique (station, sequence),
    check ((state = 'waiting') = (settled_at is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

create index callback_due on notifier.callback (station, next_at, sequence)
where state = 'waiting';
create index callback_waiting on notifier.callback (station, incident_id, sequence)
where state = 'waiting';
create index callback_of_incident on notifier.callback (incident_id, sequence);
create index callback_failed on notifier.callback (station, sequence) where state = 'failed';
create index callback_settled on notifier.callback (settled_at) where state <> 'waiting';
create index callback_produced on notifier.callback (produced_at) where state = 'waiting';

-- Batches of receipts that came from the other side; one that comes again changes nothing.
create table notifier.callback_receipt (
    station text not null,
    batch text not null,
    imported_at timestamptz not null,
    count integer not null check (count >= 0),
    primary key (station, batch)
);

grant select, insert, update, delete on
    notifier.callback_subscription, notifier.callback, notifier.callback_receipt
to d115_notifier;
grant select, insert, update on notifier.callback_line to d115_notifier;
