"""What every part of the notifier stands on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.notifier.adapters.atlas import DirectoryAtlas
from services.notifier.adapters.people import PostgresPeople
from services.notifier.adapters.postgres import SCHEMA, SETTINGS
from services.notifier.adapters.reports import PostgresReports
from services.notifier.adapters.rosters import PostgresRosters
from services.notifier.settings import NotifierSettings
from services.runtime.auth import Authenticator, Principal, bearer
from services.runtime.clock import Clock
from services.runtime.clockwatch import PeerClocks
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import check_clock
from services.runtime.postgres import Database
from services.runtime.producer import Producer
from services.runtime.profiles import Shelf
from services.runtime.relay import Relay

NAME = "notifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The parts that others are made from.

    Attributes:
        caller: Says who asks, for routes.
    """

    settings: NotifierSettings
    clock: Clock
    database: Database
    producer: Producer
    copy: DirectoryCopy
    atlas: DirectoryAtlas
    shelf: Shelf
    relay: Relay
    reports: PostgresReports
    rosters: PostgresRosters
    people: PostgresPeople
    peers: PeerClocks
    caller: Callable[..., Awaitable[Principal]]

    def topic(self, name: str) -> str:
        """A topic's, or a group's, name in this instance."""
        return self.settings.topic_prefix + name


async def make_base(settings: NotifierSettings) -> Base:
    """Connect to Postgres, and make what stands on it.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    clock = settings.clock
    database = await Database.connect(
        settings.postgres,
        role="d115_notifier",
        application="d115-notifier",
        size=settings.connections,
        clock=clock,
        settings=SETTINGS,
    )
    async with database.transaction() as connection:
        await check_clock(connection, NAME, clock)
    producer = Producer(settings.kafka, clock=clock, client_id=NAME)
    copy = DirectoryCopy(database=database, schema=SCHEMA, clock=clock)
    atlas = DirectoryAtlas(copy)
    shelf = Shelf(SCHEMA)
    await shelf.begin(database, atlas.profiles.values())
    rosters = PostgresRosters(database, vault=settings.contact_keys, clock=clock)
    return Base(
        settings=settings,
        clock=clock,
        database=database,
        producer=producer,
        copy=copy,
        atlas=atlas,
        shelf=shelf,
        relay=Relay(database=database, producer=producer, clock=clock, schema=SCHEMA),
        reports=PostgresReports(database),
        rosters=rosters,
        people=PostgresPeople(rosters, atlas=atlas, clock=clock),
        peers=PeerClocks(clock),
        caller=bearer(Authenticator(copy.find_key, clock), settings.passes()),
    )
