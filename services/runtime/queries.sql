-- Statements on the tables every service keeps in its own schema, which stands for {schema}.

-- name: select_positions
-- Reads where a group stands in the given partitions; a partition never read has no row.
select topic, partition, next_offset
from {schema}.consumer_position
where consumer_group = $1
  and (topic, partition) in (select * from unnest($2::text[], $3::int[]));

-- name: insert_positions
-- Stores where a group begins in partitions it has never read; one that stands already stays.
insert into {schema}.consumer_position (consumer_group, topic, partition, next_offset)
select $1, place.topic, place.partition, place.next_offset
from unnest($2::text[], $3::int[], $4::bigint[]) as place (topic, partition, next_offset)
on conflict (consumer_group, topic, partition) do nothing;

-- name: advance_positions
-- Moves positions on from where the caller believes them to be, and says how many of them were there.
with moved as (
    update {schema}.consumer_position as position
    set next_offset = step.next_offset
    from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[])
        as step (topic, partition, expected, next_offset)
    where position.consumer_group = $1
      and position.topic = step.topic
      and position.partition = step.partition
      and position.next_offset = step.expected
    returning 1
)
select count(*) from moved;

-- name: insert_dead_letter
-- Keeps a record that could not be applied, with why; a repeat of it changes nothing.
insert into {schema}.dead_letter
    (topic, partition, "offset", key, headers, value, reason, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (topic, partition, "offset") do nothing;

-- name: insert_outbox_rows
-- Puts records into the outbox, in the order given.
insert into {schema}.outbox (shard, topic, key, partition, headers, value, recorded_at)
select put.shard, put.topic, put.key, put.partition, put.headers, put.value, $7
from unnest($1::smallint[], $2::text[], $3::text[], $4::int[], $5::jsonb[], $6::text[])
    with ordinality as put (shard, topic, key, partition, headers, value, place)
order by put.place;

-- name: lock_shards
-- Takes for this transaction every shard no other relay has, and says which.
select shard
from generate_series(0, $2::int - 1) as shard
where pg_try_advisory_xact_lock($1, shard);

-- name: select_outbox_rows
-- Reads the oldest rows of the given shards, without those of some keys. All rows are looked at: a
-- lower position may become visible after a higher one, so there is no cursor to go on from.
select position, topic, key, partition, headers, convert_to(value, 'UTF8') as value
from {schema}.outbox
where shard = any($1::smallint[])
  and key <> all($2::text[])
order by position
limit $3;

-- name: delete_outbox_rows
-- Removes rows that Kafka has acknowledged.
delete from {schema}.outbox
where position = any($1::bigint[]);

-- name: measure_outbox
-- Counts the rows that wait and reads when the oldest was put there.
select count(*) as depth, min(recorded_at) as oldest
from {schema}.outbox;

-- name: insert_profiles
-- Keeps the texts of profiles; one that is there stays.
insert into {schema}.profile (name, document)
select name, document
from unnest($1::text[], $2::text[]) as new (name, document)
on conflict (name) do nothing;

-- name: find_profile
-- Reads the text of a profile.
select document
from {schema}.profile
where name = $1;
