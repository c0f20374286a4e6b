"""Which Kafka and which Postgres a command looks into: those that were named, else `d115 up`'s."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.cli.instance import kept
from services.cli.instance.database import dsn_of
from services.cli.instance.opening import FOLDER
from services.cli.reach import UP
from services.cli.stack.home import Home
from services.cli.stack.initdb import SUPERUSER
from services.cli.stack.ports import LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where they are.

    Attributes:
        kafka: Bootstrap addresses; None where nobody said.
        postgres: DSN, with a password: never shown; None likewise.
        prefix: What the names of the instance's topics begin with.
    """

    kafka: str | None
    postgres: str | None
    prefix: str


def find_servers(
    data: Path, *, kafka: str | None, postgres: str | None, prefix: str | None
) -> Servers:
    """Say where they are: what was given, else the environment, else what `d115 up` keeps."""
    kafka = kafka or os.environ.get("D115_KAFKA")
    postgres = postgres or os.environ.get("D115_POSTGRES")
    prefix = prefix if prefix is not None else os.environ.get("D115_TOPIC_PREFIX")
    present = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    if present is None:
        return Servers(kafka=kafka, postgres=postgres, prefix=prefix or "")
    own_kafka = Home(path=data / "kafka", lock=-1).remembered()
    own_postgres = Home(path=data / "postgres", lock=-1).remembered()
    if kafka is None and "port" in own_kafka:
        kafka = f"{LOOPBACK}:{own_kafka['port']}"
    if postgres is None and {"port", "password"} <= own_postgres.keys():
        admin = f"{SUPERUSER}:{own_postgres['password']}@{LOOPBACK}:{own_postgres['port']}"
        postgres = dsn_of(f"postgresql://{admin}/postgres", f"d115_{UP}_{present.token}")
    if prefix is None:
        prefix = f"{UP}-{present.token}."
    return Servers(kafka=kafka, postgres=postgres, prefix=prefix)
