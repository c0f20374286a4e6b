-- Enterprises' own systems that said they are gone (410): nothing more goes to that address. Another
-- address, or the same one taken out of the directory and put in again, is tried anew.
create table dispatcher.disabled_endpoint (
    center text primary key,
    mark text not null check (mark ~ '^[0-9a-f]{64}$'), -- of the address and its secret's name
    disabled_at timestamptz not null -- real time
);

grant select, insert, update, delete on dispatcher.disabled_endpoint to d115_dispatcher;
