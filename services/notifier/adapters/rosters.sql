-- The notifier's statements on rosters. Moments come in as parameters, never from the server.

-- name: lock_roster
-- Keeps others from changing an organisation's roster, one that is not there yet included.
select pg_advisory_xact_lock(hashtextextended('roster/' || $1, 115));

-- name: select_roster
-- Reads a roster as it stands, with its last change.
select roster.version, roster.body, what, by_key, by_role, by_person, roster_change.changed_at
from notifier.roster
inner join notifier.roster_change
    on roster_change.organisation = roster.organisation
    and roster_change.version = roster.version
where roster.organisation = $1;

-- name: select_version
-- Reads an earlier version of a roster.
select version, body, what, by_key, by_role, by_person, changed_at
from notifier.roster_change
where organisation = $1 and version = $2;

-- name: select_addresses
-- Reads the sealed addresses of a roster, those of each person in the order to try them.
select person, position, type, masked, sealed
from notifier.roster_address
where organisation = $1
order by person, position;

-- name: list_versions
-- Names the organisations that have a roster, with the last change of each.
select roster.organisation, roster.version, what, by_key, by_role, by_person,
       roster_change.changed_at
from notifier.roster
inner join notifier.roster_change
    on roster_change.organisation = roster.organisation
    and roster_change.version = roster.version
order by roster.organisation;

-- name: list_changes
-- Reads the changes of a roster before a version, the last one first.
select version, what, by_key, by_role, by_person, changed_at
from notifier.roster_change
where organisation = $1 and ($2::integer is null or version < $2)
order by version desc
limit $3;

-- name: upsert_roster
-- Puts a version of a roster in force.
insert into notifier.roster (organisation, version, body, changed_at)
values ($1, $2, $3, $4)
on conflict (organisation) do update
set version = excluded.version, body = excluded.body, changed_at = excluded.changed_at;

-- name: insert_change
-- Notes who made a version.
insert into notifier.roster_change (
    organisation, version, what, by_key, by_role, by_person, changed_at, body
)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: delete_addresses
-- Forgets the addresses of a roster, before those of its next version are kept.
delete from notifier.roster_address
where organisation = $1;

-- name: insert_addresses
-- Keeps sealed addresses.
insert into notifier.roster_address (organisation, person, position, type, masked, sealed)
select $1, person, position, type, masked, sealed
from unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::text[])
    as new (person, position, type, masked, sealed);
