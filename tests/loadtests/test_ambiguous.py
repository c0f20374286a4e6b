"""The dispatcher's commits, whose replies are lost: an act is one statement that commits alone."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from incident import commands as c
from incident.messages import AlertReceived
from loadtests.chaos.proxy import Proxy, open_proxy
from services.runtime.postgres import is_transient
from tests.conftest import Databases
from tests.integration.dispatcher.life.site import Site, open_site, prepare
from tests.services.dispatcher.park import alert

Told = tuple[Site, Proxy]


@pytest.fixture
async def told(databases: Databases) -> AsyncIterator[Told]:
    """A dispatcher's parts with an incident, their way to Postgres through the proxy."""
    dsn = await databases.create(await databases.template("dispatcher life", prepare))
    address = urlsplit(dsn).netloc.rpartition("@")[2]
    async with (
        open_proxy(address, speaks_postgres=True) as proxy,
        open_site(proxy.dsn(dsn), size=2) as site,
    ):
        await site.open(AlertReceived(alert=alert(1)))
        yield site, proxy
    await databases.drop(dsn)


async def test_an_act_whose_answer_was_lost_is_answered_the_same_and_done_once(told: Told) -> None:
    site, proxy = told
    request = site.request("operator", 1, "acknowledge", c.Acknowledge())
    proxy.lose_replies(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as lost:
        await site.execute(request)
    assert is_transient(lost.value)
    assert proxy.lost_replies == 1
    proxy.heal()

    (stored,) = await site.fetch("select body from dispatcher.answer where key = $1", request.key)
    first, second = await site.execute(request), await site.execute(request)

    assert first == second
    assert stored["body"]
    assert len(await site.fetch("select from dispatcher.event where version > 2")) == 1
    await site.check_whole()


async def test_an_act_that_never_arrived_is_done_by_its_retry(told: Told) -> None:
    site, proxy = told
    request = site.request("operator", 1, "acknowledge", c.Acknowledge())
    proxy.lose_requests(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await site.execute(request)
    assert proxy.lost_requests >= 1
    proxy.heal()

    assert await site.fetch("select from dispatcher.event where version > 2") == []
    await site.execute(request)

    assert len(await site.fetch("select from dispatcher.event where version > 2")) == 1
    await site.check_whole()
