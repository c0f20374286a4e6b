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
