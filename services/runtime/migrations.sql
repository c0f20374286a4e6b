-- What the migration runner asks. {owner} is filled in by the runner, from a checked folder name.

-- name: try_lock
-- Takes the lock of the migration runs of this database, if it is free.
select pg_try_advisory_lock($1);

-- name: has_role
-- Says whether a role exists on this server.
select exists (select from pg_roles where rolname = $1);

-- name: make_role
-- Makes the role an owner's service works in.
create role d115_{owner} nologin;

-- name: is_superuser
-- Says whether whoever migrates may take on any role without being granted it.
select rolsuper
from pg_roles
where rolname = current_user;

-- name: join_role
-- Lets whoever migrates take on the owner's role.
grant d115_{owner} to current_user;

-- name: make_bookkeeping
-- Makes an owner's schema, the table of what was applied to it and the table of its clock.
create schema if not exists {owner};
grant usage on schema {owner} to d115_{owner};
create table if not exists {owner}.migration (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null
);
create table if not exists {owner}.clock (
    singleton boolean primary key default true check (singleton),
    origin timestamptz not null,
    started timestamptz not null,
    factor double precision not null check (factor > 0)
);
grant select on {owner}.migration, {owner}.clock to d115_{owner};

-- name: insert_clock
-- Keeps the clock a database is made with; a later one changes nothing.
insert into {owner}.clock (origin, started, factor)
values ($1, $2, $3)
on conflict do nothing;

-- name: read_clock
-- Gives the clock a database was made with.
select origin, started, factor
from {owner}.clock;

-- name: list_migrations
-- Gives what was applied.
select number, checksum
from {owner}.migration
order by number;

-- name: insert_migration
-- Notes a file as applied.
insert into {owner}.migration (number, name, checksum, applied_at)
values ($1, $2, $3, $4);
