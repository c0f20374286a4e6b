"""Whatever a topic holds: a record is applied, passed over, or poison with a reason. Never a crash.

The consumers' own code on real Postgres, one transaction a record. `UNEXPECTED` is what a consumer
calls a fault of its own code: none may come of any input.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

import asyncpg
import pytest

from incident import messages
from incident.alert import OrganisationId
from incident.messages import AlertReceived, DirectoryPublished
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.intake.adapters.directory_feed import DirectoryFeed
from services.intake.handlers.directory import DirectoryCopy as IntakeCopy
from services.notifier.consumer import NewsConsumer
from services.runtime import codec
from services.runtime.clock import SystemClock
from services.runtime.consumer.faults import Fault, classify, describe
from services.runtime.directory import DirectoryCopy
from services.runtime.postgres import Database
from services.runtime.records import Received, dead_letter_topic
from tests.builders import at
from tests.fakes.clock import FakeClock
from tests.fuzz.campaign import LONGEST_SECONDS, chance, times
from tests.fuzz.records import Good, Supply, changed, good
from tests.integration.dispatcher.life.site import Site
from tests.integration.notifier.bench import Bench
from tests.services.dispatcher.park import STATION, WEST, alert, document, incident_id

Apply = Callable[[asyncpg.Connection, list[Received]], Awaitable[None]]
Measured = Callable[[str], None]
LONGEST_REASON = 1000

pytestmark = [pytest.mark.timeout(LONGEST_SECONDS), pytest.mark.xdist_group("stores")]

OF_WEST = {"station": STATION, "place": {"center": WEST}}
ALERT = Good(type=messages.ALERT_RECEIVED, value=codec.to_builtins(AlertReceived(alert=alert(1))))
ALERTS = (
    ALERT,
    good(messages.ALERT_RECEIVED),
    good(messages.ALERT_UPDATED, station=STATION),
    good(messages.ALERT_CANCELLED, station=STATION),
)
DIRECTORY = Good(
    type=messages.DIRECTORY_PUBLISHED,
    value=codec.to_builtins(DirectoryPublished(version=3, document=document(), published_at=at(0))),
)


async def offer(records: Iterable[Received], apply: Apply, database: Database) -> Counter[str]:
    """Apply records one by one, each in a transaction of its own, as a consumer does at the worst.

    Returns:
        How many were applied, and how many were poison by the kind of their reason.
    """
    found, crashes = Counter[str](), dict[str, Received]()
    for record in records:
        try:
            async with database.transaction() as connection:
                await apply(connection, [record])
        except Exception as error:  # noqa: BLE001  # any fault of a consumer is what is looked for
            reason = describe(error)
            found[reason.partition(":")[0].partition(" ")[0]] += 1
            if classify(error) is not Fault.POISON or len(reason) > LONGEST_REASON:
                crashes.setdefault(reason, record)
        else:
            found["applied"] += 1
    assert crashes == {}
    return found


async def test_the_dispatcher_withstands_any_alert(
    dispatcher_site: Site, measured: Measured
) -> None:
    site = dispatcher_site
    consumer = AlertConsumer(site.store.on, atlas=site.atlas, clock=FakeClock(at(0)))
    supply = Supply(topic="alerts.v1", goods=ALERTS, chance=chance("alerts"))
    records = [record for message in ALERTS for record in supply.each(message)]
    records += [supply.spoiled() for _ in range(times(400))]
    found = await offer(records, consumer.apply, site.database)
    assert found["applied"] > 20
    assert found.total() - found["applied"] > 20
    await _open_a_good_one(site, consumer, supply)
    measured(f"alerts.v1 to the dispatcher: {dict(found)}")


async def test_the_dispatcher_withstands_any_word_of_the_notifier(
    dispatcher_site: Site, measured: Measured
) -> None:
    site = dispatcher_site
    await site.open(AlertReceived(alert=alert(1)), AlertReceived(alert=alert(2)))
    heard = list[str]()
    consumer = TimingConsumer(
        site.store.on, atlas=site.atlas, clock=FakeClock(at(60)), hear=lambda: heard.append("!")
    )
    step = good(messages.STEP_DUE, step="1/auto-assign/1")
    goods = (step, step, good(messages.NOTIFIER_HEARTBEAT), good("target.breached.v1"))
    supply = Supply(topic="timing.v1", goods=goods, chance=chance("timing"))
    records = [record for message in goods for record in supply.each(message)]
    records += [supply.spoiled() for _ in range(times(250))]
    found = await offer(records, consumer.apply, site.database)
    before = (await site.incidents())[incident_id(2)].version
    direct = supply.good(good(messages.STEP_DUE, step="1/direct-assign/1"), number=2)
    assert (await offer([direct], consumer.apply, site.database))["applied"] == 1
    assert (await site.incidents())[incident_id(2)].version > before
    assert heard
    await site.check_whole()
    measured(f"timing.v1 to the dispatcher: {dict(found)}")


async def test_the_notifier_withstands_any_news(notifier_bench: Bench, measured: Measured) -> None:
    bench = notifier_bench
    consumer = NewsConsumer(bench.store.work_in, atlas=bench.atlas, clock=FakeClock(at(0)))
    news = (changed(), changed(version=9), *ALERTS, good(messages.DISPATCHER_HEARTBEAT))
    found = Counter[str]()
    for topic, goods in {
        "incidents.v1": news,
        "alerts.v1": ALERTS,
        dead_letter_topic("alerts.v1"): ALERTS,
    }.items():
        supply = Supply(topic=topic, goods=goods, chance=chance("news", topic))
        records = [supply.spoiled() for _ in range(times(150))]
        if topic == "incidents.v1":
            records += supply.each(goods[0])
        found += await offer(records, consumer.apply, bench.database)
        last = supply.good(ALERT, number=900) if topic == "alerts.v1" else supply.good(changed())
        found += (after := await offer([last], consumer.apply, bench.database))
        assert after["applied"] == 1
    rows = await bench.fetch("select id from notifier.incident where id = $1", incident_id(900))
    assert len(rows) == 1
    measured(f"all topics to the notifier: {dict(found)}")


async def test_a_copy_of_the_directory_withstands_any_record(
    notifier_bench: Bench, measured: Measured
) -> None:
    bench = notifier_bench
    copy = DirectoryCopy(database=bench.database, schema="notifier", clock=SystemClock())
    supply = Supply(topic="directory.v1", goods=(DIRECTORY,), chance=chance("directory copy"))
    records = [supply.spoiled() for _ in range(times(150))]
    found = await offer(records, copy.apply, bench.database)
    newest = max(await bench.fetch("select coalesce(max(version), 0) from notifier.directory"))[0]
    later = Good(
        type=DIRECTORY.type, value=DIRECTORY.value | {"version": min(newest + 1, 2**31 - 1)}
    )
    assert (await offer([supply.good(later)], copy.apply, bench.database))["applied"] == 1
    await copy.refresh()
    assert copy.version >= newest
    measured(f"directory.v1 to a copy: {dict(found)}")


def test_intake_withstands_any_record_of_the_directory(measured: Measured) -> None:
    supply = Supply(topic="directory.v1", goods=(DIRECTORY,), chance=chance("intake feed"))
    told, tried = Counter[str](), times(250)
    for _ in range(tried):
        copy = IntakeCopy(FakeClock(at(0)))
        feed = DirectoryFeed("nowhere:1", topic="t", clock=FakeClock(at(0)), take=copy.take)
        feed._tell(supply.spoiled())
        told["taken" if copy.version else "passed over"] += 1
        feed._tell(
            supply.good(Good(type=DIRECTORY.type, value=DIRECTORY.value | {"version": 2**40}))
        )
        assert copy.version >= 2**40
    measured(f"directory.v1 to intake: {dict(told)}")


async def _open_a_good_one(site: Site, consumer: AlertConsumer, supply: Supply) -> None:
    last = supply.good(ALERT, number=900)
    assert (await offer([last], consumer.apply, site.database))["applied"] == 1
    opened = await site.incidents()
    assert opened[incident_id(900)].center == OrganisationId(WEST)
    await site.check_whole()
