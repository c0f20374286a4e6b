"""A million closed incidents in the notifier's tables, as two years of 100 centers leave them.

Written by Postgres itself, in slices, with the keys and indexes made at the end: through the
services it would take a day. Each has ten legs; most took half their target, a few percent longer
than it, by people and by machines.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from loadtests.site import Site

SLICE, WRITERS = 20_000, 2
_SECONDS = 300.0
LEGS_EACH, SPAN_DAYS = 10, 730

_SESSION = """
set session_replication_role = replica; -- foreign keys hold by construction
set synchronous_commit = off;
set maintenance_work_mem = '512MB';
set role none
"""
_INCIDENTS = """
insert into notifier.incident (
    id, partition, version, state, center, fingerprint, opened_at, body, alert_known,
    alert_received_at, judged_to
)
select md5('closed ' || n)::uuid, n % 6, 14, 'closed',
       ($4::text[])[1 + n * 7919 % cardinality($4::text[])],
       repeat('0', 64), at, '{}', true, at, at + interval '1 hour'
from generate_series($2::bigint, $3::bigint) as n,
     lateral (select $5::timestamptz + n * (interval '730 days' / $1::bigint) as at) as received
"""
_LEGS = """
insert into notifier.leg (
    incident_id, round, leg, organisation, station, kind, severity, status, received_at, outcome,
    amended, target_seconds, start_at, due_at, end_at, seconds, by
)
select id, 1, leg, center, station, 'police-alert', severity, 'actual', at,
       case when target is null then 'measured'
            when took <= target then 'met'
            else 'breached'
       end,
       false, target, began, began + target * interval '1 second',
       began + took * interval '1 second', took, case when machine then 'machine' else 'person' end
from (
    select md5('closed ' || n)::uuid as id,
           ($4::text[])[1 + n * 7919 % cardinality($4::text[])] as center,
           'station-' || lpad((n * 31 % 40)::text, 2, '0') as station,
           (array['yellow', 'yellow', 'blue', 'orange', 'red'])[1 + abs(hashint8(n) % 5)]
               as severity,
           $5::timestamptz + n * (interval '730 days' / $1::bigint) as at,
           leg, target, after, hashint8extended(n, place) & 1048575 as roll
    from generate_series($2::bigint, $3::bigint) as n
    cross join (
        values (1, 'station', 60, 0), (2, 'push', 60, 0), (3, 'acknowledge', 60, 20),
               (4, 'assign', 60, 20), (5, 'accept', 30, 50), (6, 'depart', 60, 70),
               (7, 'on_scene', 300, 50), (8, 'feedback', 1800, 250), (9, 'close', 7200, 250),
               (10, 'response', null, 0)
    ) as legs (place, leg, target, after)
) as made,
lateral (
    select round((
               coalesce(target, 400)
               * (0.05 + (0.6 + case when roll % 17 = 0 then 0.9 else 0 end) * roll / 1048576.0)
           )::numeric, 6)::double precision as took,
           at + after * interval '1 second' as began,
           roll % 5 = 0 as machine
) as timed
"""
_INDEXES = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition,
       con.conname as constraint_name, pg_get_constraintdef(con.oid) as constraint_definition
from pg_index
left join pg_constraint as con on con.conindid = indexrelid and con.contype = 'p'
where indrelid = 'notifier.leg'::regclass
"""
_SETTLE = ("vacuum (freeze, analyze) notifier.leg", "vacuum (freeze, analyze) notifier.incident")


@dataclass(frozen=True, slots=True)
class _Index:
    drop: str
    make: str


async def fill(site: Site, *, incidents: int, centers: Sequence[str], since: datetime) -> None:
    """Write so many closed incidents with their legs.

    Args:
        site: Whose notifier; it has nothing else to do meanwhile.
        incidents: How many, evenly over 730 days.
        centers: Whose they are, in turns.
        since: The moment the 730 days begin at.
    """
    connection = await _connect(site)
    try:
        indexes = [_index(row) for row in await connection.fetch(_INDEXES)]
        for index in indexes:
            await connection.execute(index.drop)
        slices = iter(
            [
                (incidents, first, min(incidents, first + SLICE - 1), list(centers), since)
                for first in range(1, incidents + 1, SLICE)
            ]
        )
        await asyncio.gather(*(_write(site, slices) for _ in range(WRITERS)))
        for statement in (*(index.make for index in indexes), *_SETTLE):
            await connection.execute(statement, timeout=_SECONDS)
    finally:
        await connection.close()


async def _write(site: Site, slices: Iterator[tuple[object, ...]]) -> None:
    """Write the next slice that nobody took, until there are none."""
    connection = await _connect(site)
    try:
        for each in slices:
            await connection.execute(_INCIDENTS, *each, timeout=_SECONDS)
            await connection.execute(_LEGS, *each, timeout=_SECONDS)
    finally:
        await connection.close()


async def _connect(site: Site) -> asyncpg.Connection:
    connection = await site.connect()
    await connection.execute(_SESSION)
    return connection


def _index(row: asyncpg.Record) -> _Index:
    if row["constraint_name"] is None:
        return _Index(f"drop index {row['name']}", row["definition"])
    name = row["constraint_name"]
    return _Index(
        f"alter table notifier.leg drop constraint {name}",
        f"alter table notifier.leg add constraint {name} {row['constraint_definition']}",
    )
