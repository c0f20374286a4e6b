-- Accounts, devices and sessions. Moments are real time: a session is of this world, not the park's.

-- name: find_account
-- Reads an account.
select name, display, role, organisation, team, person, language, disabled, password
from dispatcher.account
where name = $1;

-- name: list_accounts
-- Reads a page of accounts by name, of one organisation or of all.
select name, display, role, organisation, team, person, language, disabled
from dispatcher.account
where ($1::text is null or organisation = $1)
  and name > $2
order by name
limit $3;

-- name: insert_account
-- Keeps a new account; one of the name stays as it is.
insert into dispatcher.account (
    name, display, role, organisation, team, person, language, disabled, password, changed_at,
    changed_by
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (name) do nothing
returning name;

-- name: update_account
-- Keeps what changed of an account; without a hash its password stays.
update dispatcher.account
set display = $2,
    person = $3,
    language = $4,
    disabled = $5,
    password = coalesce($6, password),
    changed_at = $7,
    changed_by = $8
where name = $1;

-- name: set_password
-- Keeps a new password.
update dispatcher.account
set password = $2, changed_at = $3, changed_by = $4
where name = $1;

-- name: end_sessions_of
-- Ends the sessions of an account, but the one with a digest.
delete from dispatcher.session
where account = $1
  and digest is distinct from $2;

-- name: insert_device
-- Keeps a device.
insert into dispatcher.device (id, account, kind, label, digest, made_at, made_by)
values ($1, $2, $3, $4, $5, $6, $7);

-- name: list_devices
-- Reads the devices of an account, the newest first.
select id, kind, label, made_at, revoked_at
from dispatcher.device
where account = $1
order by made_at desc
limit 100;

-- name: revoke_device
-- Ends a device and its sessions.
with ended as (
    delete from dispatcher.session where device = $2
)
update dispatcher.device
set revoked_at = coalesce(revoked_at, $3)
where account = $1
  and id = $2
returning id;

-- name: find_device
-- Reads the device of a token's digest, with its account.
select device.id, device.kind, account.name, account.display, account.role, account.organisation,
       account.team, account.person, account.language, account.disabled
from dispatcher.device
join dispatcher.account on account.name = device.account
where device.digest = $1
  and device.revoked_at is null;

-- name: insert_session
-- Keeps a session.
insert into dispatcher.session (id, digest, account, device, opened_at, used_at, ends_at)
values ($1, $2, $3, $4, $5, $5, $6);

-- name: delete_ended_sessions
-- Forgets sessions that are over, some at a time.
delete from dispatcher.session
where id in (select id from dispatcher.session where ends_at <= $1 order by ends_at limit 100);

-- name: use_session
-- Reads a session that is not over and notes that it is used; a device may rest.
update dispatcher.session
set used_at = $2
from dispatcher.account
where session.digest = $1
  and session.ends_at > $2
  and (session.device is not null or session.used_at > $3)
  and account.name = session.account
returning session.id, session.opened_at, session.ends_at, account.name, account.display,
    account.role, account.organisation, account.team, account.person, account.language,
    account.disabled,
    (select kind from dispatcher.device where device.id = session.device) as device;

-- name: delete_session
-- Forgets a session.
delete from dispatcher.session
where digest = $1;

-- name: lock_attempts
-- Holds the attempts under keys against every other attempt until the transaction ends.
select pg_advisory_xact_lock(hashtextextended(key, 115))
from unnest($1::text[]) as key
order by key;

-- name: count_attempts
-- Counts the attempts under keys since a moment, with the oldest of each.
select key, count(*) as count, min(tried_at) as oldest
from dispatcher.sign_in_attempt
where key = any($1::text[])
  and tried_at > $2
group by key;

-- name: insert_attempts
-- Counts an attempt under each key, and forgets some that count no more.
with old as (
    delete from dispatcher.sign_in_attempt
    where ctid in (
        select ctid from dispatcher.sign_in_attempt where tried_at <= $3 order by tried_at limit 100
    )
)
insert into dispatcher.sign_in_attempt (key, tried_at)
select key, $2 from unnest($1::text[]) as key;

-- name: delete_attempts
-- Forgets the attempts under keys.
delete from dispatcher.sign_in_attempt
where key = any($1::text[]);
