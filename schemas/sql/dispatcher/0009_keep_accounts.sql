-- Who may sign in on a page, on what devices, and who is signed in. Passwords are kept as argon2id
-- hashes, tokens and session secrets as SHA-256: random ones of their length need no slow hash.

create table dispatcher.account (
    name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    display text not null,
    role text not null,
    organisation text not null,
    team text,
    person text, -- their code in the directory or a roster, where they have one
    language text,
    password text not null,
    disabled boolean not null default false,
    changed_at timestamptz not null,
    changed_by text not null
);

create table dispatcher.device (
    id uuid primary key,
    account text not null references dispatcher.account (name),
    kind text not null check (kind in ('wall', 'kiosk')),
    label text not null,
    digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
    made_at timestamptz not null,
    made_by text not null,
    revoked_at timestamptz
);
create index device_of_account on dispatcher.device (account);

create table dispatcher.session (
    id uuid primary key,
    digest text not null unique check (digest ~ '^[0-9a-f]{64}$'),
    account text not null references dispatcher.account (name),
    device uuid references dispatcher.device (id),
    opened_at timestamptz not null,
    used_at timestamptz not null,
    ends_at timestamptz not null
);
create index session_of_account on dispatcher.session (account);
create index session_by_end on dispatcher.session (ends_at);

-- Attempts to sign in that have not succeeded, by a digest of the name and of the address.
create table dispatcher.sign_in_attempt (
    key text not null,
    tried_at timestamptz not null
);
create index sign_in_attempt_of_key on dispatcher.sign_in_attempt (key, tried_at);
create index sign_in_attempt_by_age on dispatcher.sign_in_attempt (tried_at);

grant select, insert, update on dispatcher.account, dispatcher.device to d115_dispatcher;
grant select, insert, update, delete on dispatcher.session to d115_dispatcher;
grant select, insert, delete on dispatcher.sign_in_attempt to d115_dispatcher;
