-- Statements on a service's own copy of the directory, in its schema, which stands for {schema}.

-- name: upsert_directory
-- Keeps a version of the directory, unless the one that is kept is as new; says whether it did.
insert into {schema}.directory (version, document, published_at)
values ($1, $2, $3)
on conflict (singleton) do update
set version = excluded.version, document = excluded.document, published_at = excluded.published_at
where directory.version < excluded.version
returning true;

-- name: select_directory
-- Reads the directory that is kept, if it is newer than a version.
select version, document
from {schema}.directory
where version > $1;
