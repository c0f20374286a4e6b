"""A process of its own that delivers, to be killed in the middle.

Run as ``python -m tests.integration.dispatcher.desk.child DSN``.
"""

import asyncio
import sys

from tests.integration.dispatcher.desk.site import open_site


async def start(dsn: str) -> asyncio.subprocess.Process:
    """Start it; whoever starts it ends it."""
    return await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, dsn)


async def main(dsn: str) -> None:
    """Deliver until killed."""
    async with open_site(dsn) as site:
        await site.deliveries().run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
