"""Three Kafka brokers that keep every record thrice: one is lost, then two of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from incident import messages
from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.scenarios.scenario import Scenario
from loadtests.chaos.world import World
from services.cli.stack.cluster import BROKERS, Cluster, open_cluster
from services.cli.stack.postgres import start_postgres
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack

LOST_SECONDS = 15.0


@contextmanager
def three_brokers(data: Path, progress: Progress) -> Iterator[Stack]:
    """Start three brokers and a Postgres."""
    with (
        open_cluster(data, progress=progress) as kafka,
        start_postgres(data, port=0, progress=progress) as postgres,
    ):
        yield Stack(kafka=kafka, postgres=postgres)


def _cluster(world: World) -> Cluster:
    kafka = world.stack.kafka
    if not isinstance(kafka, Cluster):
        raise TypeError("this world has one broker")
    return kafka


async def lose(world: World, count: int) -> None:
    """SIGKILL so many brokers at once."""
    await _check_copies(world)
    brokers = world.random.sample(list(_cluster(world).brokers), count)
    await asyncio.gather(*(asyncio.to_thread(each.kill) for each in brokers))


async def bring_back(world: World) -> None:
    """Start those that do not run."""
    await asyncio.to_thread(_cluster(world).start)


async def _check_copies(world: World) -> None:
    """Complain where a topic is not kept on every broker: then nothing is tried here."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.bootstrap)
    try:
        await admin.start()
        told = await admin.describe_topics([world.topic(messages.ALERTS)])
    finally:
        await admin.close()
    fewest = min(len(part["replicas"]) for topic in told for part in topic["partitions"])
    if fewest != BROKERS:
        world.complain(f"alerts are kept {fewest} times, not {BROKERS}")


SCENARIOS = (
    Scenario(
        name="one of three brokers lost",
        servers=three_brokers,
        fault=Fault(
            name="one of three brokers lost",
            inject=partial(lose, count=1),
            heal=reviving(bring_back),
            seconds=LOST_SECONDS,
            since=Since.INJECTED,
            goal=10.0,
            ready_goal=20.0,
        ),
    ),
    Scenario(
        name="two of three brokers lost",
        servers=three_brokers,
        fault=Fault(
            name="two of three brokers lost",
            inject=partial(lose, count=2),
            heal=reviving(bring_back),
            seconds=LOST_SECONDS,
            goal=10.0,
        ),
    ),
)
