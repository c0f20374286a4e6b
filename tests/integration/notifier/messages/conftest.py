"""A store of messages and a server to send to, for each test."""

from collections.abc import AsyncIterator

import pytest

from services.notifier.adapters.channels.heard import install
from services.notifier.adapters.postgres import SETTINGS
from services.runtime.postgres import Database
from tests.integration.notifier.messages.site import Desk, Post115, open_desk, open_post


@pytest.fixture(scope="session", autouse=True)
def loaded() -> None:
    """Load apprise's plug-ins beforehand, as a service does at its start."""
    install()


@pytest.fixture
async def database(notifier_dsn: str) -> AsyncIterator[Database]:
    made = await Database.connect(
        notifier_dsn, role="d115_notifier", application="messages", size=4, settings=SETTINGS
    )
    yield made
    await made.close()


@pytest.fixture
async def post() -> AsyncIterator[Post115]:
    async with open_post() as opened:
        yield opened


@pytest.fixture
def desk(database: Database, post: Post115) -> Desk:
    """A desk whose chief is reached by a webhook."""
    made = open_desk(database)
    made.people.holds("chief", "zhao")
    made.people.reached("zhao", ("webhook", f"{post.url}/zhao"))
    return made
