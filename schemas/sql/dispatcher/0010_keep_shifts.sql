-- Who sits at which console of a center, what the center is because of it, and hand-overs.

-- Shifts at the desks of centers; one that was ended stays as the record of who was there.
create table dispatcher.shift (
    id uuid primary key,
    center text not null,
    desk uuid not null, -- made by the console's browser
    operator text not null,
    key text not null, -- the key or session it began with
    since timestamptz not null,
    until timestamptz not null check (until > since), -- counts no more then
    sound text not null check (sound in ('on', 'silent', 'blocked')),
    checked text not null check (checked in ('heard', 'overridden')),
    reason text,
    ended_at timestamptz check (ended_at >= since),
    ended_by text,
    check (checked = 'heard' or reason is not null),
    check ((ended_at is null) = (ended_by is null))
);
create unique index shift_at_desk on dispatcher.shift (center, desk) where ended_at is null;
create index shift_by_age on dispatcher.shift (center, since);

-- Streams that live: each process says so of its own every few seconds of real time.
create table dispatcher.desk_stream (
    center text not null,
    desk uuid not null,
    process uuid not null,
    client boolean not null, -- a program with a key that names no desk
    seen_at timestamptz not null,
    primary key (center, desk, process)
) with (fillfactor = 50);

-- What each center was told to be last, so that of many processes one tells a change.
create table dispatcher.standing (
    center text primary key,
    state text not null check (state in ('online', 'silent', 'away', 'offline')),
    on_shift integer not null,
    connected integer not null,
    audible integer not null,
    away integer not null,
    clients integer not null,
    since timestamptz not null -- of the state
);

-- Hand-overs at shift change; the document says all, the columns are what is looked for.
create table dispatcher.handover (
    id uuid primary key,
    center text not null,
    prepared_at timestamptz not null,
    state text not null check (state in ('open', 'finished', 'withdrawn')),
    sealed text, -- the notes
    document text not null,
    shown text, -- what is printed of it, as it stood at its end
    hash text check (hash ~ '^[0-9a-f]{64}$'), -- SHA-256 of `shown`
    check ((state = 'open') = (shown is null)),
    check ((shown is null) = (hash is null))
);
create unique index handover_open on dispatcher.handover (center) where state = 'open';
create index handover_by_age on dispatcher.handover (center, prepared_at desc, id desc);

grant select, insert, update on dispatcher.shift, dispatcher.standing, dispatcher.handover
    to d115_dispatcher;
grant select, insert, update, delete on dispatcher.desk_stream to d115_dispatcher;
