-- Who is on duty where, and how people are reached.

-- The roster of each organisation as it stands: contacts, posts, shifts, overrides and swaps, with
-- every address masked.
create table notifier.roster (
    organisation text primary key,
    version integer not null check (version >= 1),
    body text not null, -- as JSON
    changed_at timestamptz not null
);

-- The addresses people are reached at, each sealed by itself. Only those in use are kept: who is
-- taken off a roster leaves none behind.
create table notifier.roster_address (
    organisation text not null references notifier.roster,
    person text not null,
    position integer not null check (position >= 0),
    type text not null,
    masked text not null,
    sealed text not null,
    primary key (organisation, person, position)
);

-- What was changed, by whom, and the roster it came to. Nothing here is ever changed: the service's
-- role may only insert and read.
create table notifier.roster_change (
    organisation text not null references notifier.roster,
    version integer not null check (version >= 1),
    what text not null,
    by_key text not null,
    by_role text not null,
    by_person text,
    changed_at timestamptz not null,
    body text not null,
    primary key (organisation, version)
);

grant select, insert, update on notifier.roster to d115_notifier;
grant select, insert, delete on notifier.roster_address to d115_notifier;
grant select, insert on notifier.roster_change to d115_notifier;
