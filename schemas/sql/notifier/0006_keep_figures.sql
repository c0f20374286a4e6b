-- What figures are computed from, kept so that those as of any moment can be computed again.

-- What the end of a leg rests on, for arrivals.
alter table notifier.leg add column proof text
check (proof in ('gate_qr', 'position', 'tap', 'radio'));

-- A case as it was recorded, anew with each change that figures see. Nothing here is ever changed:
-- the service's role may only insert and read.
create table notifier.figure_case (
    incident_id uuid not null references notifier.incident,
    sequence integer not null check (sequence >= 1),
    recorded_at timestamptz not null, -- by the clock of the notifier
    received_at timestamptz not null,
    status text not null,
    station text not null,
    center text not null,
    late_entry boolean not null,
    digest text not null, -- of the body
    body text not null, -- as JSON
    primary key (incident_id, sequence)
) with (autovacuum_vacuum_insert_scale_factor = 0.05);

-- All that finding the cases of a period as of a moment reads.
create index figure_case_by_time on notifier.figure_case (received_at)
include (incident_id, sequence, recorded_at, status, station, center, late_entry);

-- The period that others are compared with, each time it was set. Never changed either.
create table notifier.baseline (
    park text not null,
    version integer not null check (version >= 1),
    source text not null check (source in ('csv', 'period')),
    first_day date not null,
    last_day date not null check (last_day >= first_day),
    set_at timestamptz not null,
    set_by text not null, -- the id of the key
    sample text not null, -- as JSON
    primary key (park, version)
);

-- How ready each center was, every few minutes.
create table notifier.readiness (
    center text not null,
    taken_at timestamptz not null,
    score integer not null check (score between 0 and 100),
    holds boolean not null,
    reasons text not null, -- as JSON
    primary key (center, taken_at)
);

create index readiness_by_time on notifier.readiness (taken_at);

grant select, insert on notifier.figure_case, notifier.baseline to d115_notifier;
grant select, insert, delete on notifier.readiness to d115_notifier;
