-- name: select_directory
-- Gives the saved copy of the directory.
select version, document, published_at
from intake.directory;

-- name: save_directory
-- Saves a copy of the directory, unless another intake saved one as new.
insert into intake.directory (version, document, published_at, saved_at)
values ($1, $2, $3, $4)
on conflict (singleton) do update
set version = excluded.version,
    document = excluded.document,
    published_at = excluded.published_at,
    saved_at = excluded.saved_at
where directory.version < excluded.version;

-- name: select_waiting_keys
-- Says of which keys something waits in the spool.
select distinct key
from intake.spool
where key = any($1::text[]);

-- name: insert_spool_rows
-- Puts messages at the end of the spool, in the order given, those that wait there already left out;
-- gives no row where that is more than the spool may hold, and the caller then takes it all back.
with put as (
    insert into intake.spool (id, topic, key, headers, value, spooled_at)
    select entry.id, entry.topic, entry.key, entry.headers, entry.value, $6
    from unnest($1::uuid[], $2::text[], $3::text[], $4::json[], $5::bytea[])
        with ordinality as entry (id, topic, key, headers, value, place)
    order by entry.place
    on conflict (id) do nothing
    returning octet_length(value) as bytes
),
added as (
    select count(*) as row_count, coalesce(sum(bytes), 0)::bigint as byte_count
    from put
)
update intake.spool_size as size
set row_count = size.row_count + added.row_count,
    byte_count = size.byte_count + added.byte_count
from added
where size.row_count + added.row_count <= $7
  and size.byte_count + added.byte_count <= $8
returning size.row_count;

-- name: measure_spool
-- Says how much the spool holds, and of its first row where it stands and since when it waits.
select size.row_count, size.byte_count, head.position as head, head.spooled_at as oldest
from intake.spool_size as size
left join lateral (
    select position, spooled_at
    from intake.spool
    order by position
    limit 1
) as head on true;

-- name: lock_spool
-- Takes the right to drain the spool for this transaction, if nobody else has it.
select pg_try_advisory_xact_lock($1);

-- name: select_spool_rows
-- Reads the oldest messages of the spool, without those of some keys.
select position, topic, key, headers, value
from intake.spool
where key <> all($1::text[])
order by position
limit $2;

-- name: delete_spool_rows
-- Removes messages that Kafka has acknowledged.
with gone as (
    delete from intake.spool
    where position = any($1::bigint[])
    returning octet_length(value) as bytes
),
taken as (
    select count(*) as row_count, coalesce(sum(bytes), 0)::bigint as byte_count
    from gone
)
update intake.spool_size as size
set row_count = size.row_count - taken.row_count,
    byte_count = size.byte_count - taken.byte_count
from taken;
