-- Statements on the directory, which the dispatcher owns; their times are real time.

-- name: lock_directory
-- Holds the directory against every other writer until the transaction ends.
select pg_advisory_xact_lock($1);

-- name: read_directory
-- Reads the directory in force.
select version, document, published_at
from dispatcher.directory;

-- name: insert_version
-- Keeps a version for ever, with who applied it.
insert into dispatcher.directory_version (version, document, applied_by, applied_at)
values ($1, $2, $3, $4);

-- name: put_directory
-- Puts a version in force.
insert into dispatcher.directory (version, document, published_at)
values ($1, $2, $3)
on conflict (singleton) do update
set version = excluded.version, document = excluded.document, published_at = excluded.published_at;

-- name: enable_endpoints
-- Forgets of every address that is not in the directory as it was that it said it is gone.
delete from dispatcher.disabled_endpoint
where (center, mark) not in (select * from unnest($1::text[], $2::text[]));

-- name: list_versions
-- Reads versions, newest first; a null argument begins with the newest.
select version, applied_by, applied_at
from dispatcher.directory_version
where $1::int is null or version < $1
order by version desc
limit $2;
