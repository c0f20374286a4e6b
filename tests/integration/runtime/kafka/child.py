"""A process of its own that consumes or relays, to be killed at a failpoint.

Run as ``python -m tests.integration.runtime.kafka.child consume|relay KAFKA DSN TOPIC GROUP``.
"""

import asyncio
import os
import sys

from services.runtime.producer import Producer
from services.runtime.relay import Relay
from tests.integration.runtime.kafka.site import CLOCK, SCHEMA, Site, open_database


async def run_child(what: str, site: Site, *, failpoint: str) -> int:
    """Run it until it dies; returns its exit status, minus the signal's number."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        *(what, site.kafka, site.dsn, site.topic, site.group),
        env={**os.environ, "D115_FAILPOINT": failpoint, "D115_FAILPOINTS_ALLOWED": "1"},
    )
    async with asyncio.timeout(20):
        return await process.wait()


async def main(what: str, *where: str) -> None:
    """Consume or relay until killed."""
    kafka, dsn, topic, group = where
    producer = Producer(kafka, clock=CLOCK, client_id="child")
    await producer.start()
    database = await open_database(dsn)
    site = Site(
        kafka=kafka, dsn=dsn, database=database, producer=producer, topic=topic, group=group
    )
    if what == "consume":
        await site.consumer(member="static").run()
    else:
        relay = Relay(database=database, producer=producer, clock=CLOCK, schema=SCHEMA)
        await relay.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
