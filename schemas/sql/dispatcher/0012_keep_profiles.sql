-- Profiles by their name, the SHA-256 of their text: rows about incidents hold the name, not the
-- several thousand characters that were more than half of each. Rows of before hold the text still.
create table dispatcher.profile (
    name text primary key check (name ~ '^[0-9a-f]{64}$'),
    document text not null
);
grant select, insert on dispatcher.profile to d115_dispatcher;
