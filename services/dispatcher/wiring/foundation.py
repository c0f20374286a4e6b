"""What every part of the dispatcher stands on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.dispatcher import watch
from services.dispatcher.adapters import guarding
from services.dispatcher.adapters.atlas import DirectoryAtlas
from services.dispatcher.adapters.directory import PostgresRegistry
from services.dispatcher.adapters.frames import PostgresFrames
from services.dispatcher.adapters.reclaiming import Reclaimer
from services.dispatcher.adapters.shifts import PostgresShifts
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.api import pages
from services.dispatcher.attendance import Attendance
from services.dispatcher.echoes import Waking
from services.dispatcher.settings import DispatcherSettings
from services.dispatcher.stream import Hub
from services.runtime.clock import Clock
from services.runtime.clockwatch import PeerClocks
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import check_clock
from services.runtime.passes import Passes
from services.runtime.postgres import Database
from services.runtime.producer import Producer
from services.runtime.profiles import Shelf
from services.runtime.relay import Relay
from services.runtime.topics import ensure_topics, every_topic

NAME = "dispatcher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What everything else stands on."""

    settings: DispatcherSettings
    clock: Clock
    database: Database
    producer: Producer
    copy: DirectoryCopy
    atlas: DirectoryAtlas
    shelf: Shelf
    relay: Relay
    hub: Hub
    notifier: watch.NotifierWatch
    store: PostgresStore
    waking: Waking
    registry: PostgresRegistry
    set_back: guarding.Guard
    clocks: PeerClocks
    shifts: PostgresShifts
    passes: Passes | None
    pages: Mapping[str, pages.File]
    attendance: Attendance

    def topic(self, name: str) -> str:
        """A topic's name in this instance."""
        return self.settings.topic_prefix + name


async def base_of(settings: DispatcherSettings) -> Base:
    """Put it together.

    Raises:
        PostgresAwayError: Postgres did not answer in time.
        ClockMismatchError: The database was made with another clock.
    """
    clock = settings.clock
    database = await Database.connect(
        settings.postgres,
        role="d115_dispatcher",
        application="d115-dispatcher",
        size=settings.connections,
        clock=clock,
    )
    async with database.transaction() as connection:
        await check_clock(connection, NAME, clock)
    producer = Producer(settings.kafka, clock=clock, client_id=NAME)
    copy = DirectoryCopy(database=database, schema=NAME, clock=clock)
    atlas = DirectoryAtlas(copy)
    shelf = Shelf(NAME)
    await shelf.begin(database, atlas.profiles.values())
    relay = Relay(database=database, producer=producer, clock=clock, schema=NAME, shelf=shelf)
    hub = Hub(PostgresFrames(database, shelf), clock)

    waking = Waking(relay, hub)
    topics = guarding.topics_of(settings.kafka, settings.topic_prefix)
    store = PostgresStore(
        database, clock, topic=topics.incidents, atlas=atlas, wake=waking.wake_for, shelf=shelf
    )
    registry = PostgresRegistry(database, topic=topics.directory, copy=copy, wake=relay.wake)
    shifts = PostgresShifts(database, clock, atlas=atlas, topic=topics.incidents, wake=waking.wake)
    reclaimer = Reclaimer(
        database=database, store=store, registry=registry, clock=clock, topics=topics
    )
    ensure = partial(ensure_topics, settings.kafka, every_topic(settings.topic_prefix), clock=clock)
    return Base(
        settings=settings,
        clock=clock,
        database=database,
        producer=producer,
        copy=copy,
        atlas=atlas,
        shelf=shelf,
        relay=relay,
        hub=hub,
        notifier=watch.NotifierWatch(clock),
        waking=waking,
        store=store,
        registry=registry,
        set_back=guarding.Guard(reclaimer, clock, ensure=ensure),
        clocks=PeerClocks(clock),
        shifts=shifts,
        passes=settings.passes(),
        pages=pages.read(settings.pages or _built()),
        attendance=Attendance(shifts, clock),
    )


def _built() -> Path:
    """Where the pages are: in the installed package, or where a working tree builds them."""
    package = Path(__file__).parents[1]
    installed = package / "pages"
    return installed if installed.is_dir() else package.parents[1] / "web" / "dist"
