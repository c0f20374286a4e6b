-- What intake accepted while Kafka was away, word for word as Kafka will get it: personal parts are
-- sealed in the value. One intake at a time drains it, oldest first, and deletes what Kafka has.

create table intake.spool (
    position bigint generated always as identity primary key,
    id uuid not null unique,
    topic text not null,
    key text not null,
    headers json not null,
    value bytea not null,
    spooled_at timestamptz not null
);
comment on column intake.spool.id is 'The message''s ce_id: a repeat of it is not kept twice.';
comment on column intake.spool.headers is 'As sent: a JSON object of texts, in their order.';
comment on column intake.spool.spooled_at is 'Real time, for the age of the oldest row.';

-- Whether something of an alert still waits is asked for every message while the spool is drained.
create index spool_key on intake.spool (key);

-- How much the spool holds, kept in the transactions that fill and empty it, so that its bound holds
-- exactly for all intakes together and costs no count.
create table intake.spool_size (
    singleton boolean primary key default true check (singleton),
    row_count bigint not null check (row_count >= 0),
    byte_count bigint not null check (byte_count >= 0)
);
insert into intake.spool_size (row_count, byte_count) values (0, 0);

grant select, insert, delete on intake.spool to d115_intake;
grant select, update on intake.spool_size to d115_intake;
