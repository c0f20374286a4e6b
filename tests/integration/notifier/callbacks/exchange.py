"""The parts of callbacks on one database: made, carried to a real system, asked about over HTTP."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from typing_extensions import override

from services.notifier.adapters.callbacks.desk import PostgresLedger, PostgresRegistry
from services.notifier.adapters.callbacks.feed import PostgresFeed
from services.notifier.adapters.callbacks.line import PostgresLine
from services.notifier.adapters.callbacks.listening import CallbackListener
from services.notifier.api import app
from services.notifier.api.callbacks import feed, log, subscription
from services.notifier.api.callbacks.desk import Desk
from services.notifier.callbacks.carrying import Carrier
from services.notifier.ports import Judged
from services.runtime.auth import Principal, Role
from services.runtime.clock import SystemClock
from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.post import Post
from services.runtime.vault import Vault
from tests.asgi import Answer, AsgiClient
from tests.integration.notifier.bench import Bench

VAULT = Vault.from_setting("k1:" + base64.b64encode(bytes(range(32))).decode())


class ShiftedClock(SystemClock):
    """Real time that a test may set forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    @override
    def real(self) -> datetime:
        return super().real() + self.ahead

    @override
    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


@dataclass(kw_only=True)
class Exchange:
    """Callbacks on one database, with as many carriers as a test starts."""

    bench: Bench
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    vault: Vault | None = VAULT
    caller: Principal = field(
        default_factory=lambda: Principal(key_id="k", role=Role.STATION, organisation="station-1")
    )

    @property
    def guard(self) -> Guard:
        return Guard(Allowed.from_setting("127.0.0.0/8"))

    @property
    def line(self) -> PostgresLine:
        return PostgresLine(self.bench.database)

    def carrier(self) -> Carrier:
        """One process that sends."""
        post = Post(guard=self.guard, clock=self.clock, agent="test")
        return Carrier(line=self.line, post=post, vault=self.vault, clock=self.clock)

    @asynccontextmanager
    async def carrying(self, count: int = 1) -> AsyncIterator[list[Carrier]]:
        """Send until the block ends."""
        carriers = [self.carrier() for _ in range(count)]
        tasks = [asyncio.create_task(carrier.run()) for carrier in carriers]
        try:
            yield carriers
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def judge(self, *judged: Judged) -> None:
        """Write what follows, as the notifier's store does in its transaction."""
        async with self.bench.database.transaction() as connection:
            await CallbackListener(self.clock)(connection, judged)

    def app(self) -> FastAPI:
        async def caller() -> Principal:
            return self.caller

        desk = Desk(
            registry=PostgresRegistry(self.bench.database, self.clock),
            ledger=PostgresLedger(self.bench.database),
            feed=PostgresFeed(self.bench.database),
            guard=self.guard,
            atlas=self.bench.atlas,
            clock=self.clock,
            caller=caller,
            vault=self.vault,
            wake=lambda: None,
        )
        return app.build([part.router(desk) for part in (subscription, log, feed)])

    def acting(self, role: Role, organisation: str) -> "Exchange":
        """The same, asked by somebody else."""
        caller = Principal(key_id="k", role=role, organisation=organisation)
        return Exchange(bench=self.bench, clock=self.clock, vault=self.vault, caller=caller)

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Ask one route."""
        client = AsgiClient(self.app())
        if body is None:
            return await client.ask(method, path)
        if method == "POST":
            return await client.post(path, body)
        from services.runtime import codec

        return await client.ask(
            method, path, body=codec.encode(body), headers={"content-type": "application/json"}
        )

    async def register(self, url: str | None, *, station: str = "station-1", **more: Any) -> str:  # noqa: ANN401  # JSON is any of six types
        """Register a station; give its secret."""
        own = self.acting(Role.STATION, station)
        answer = await own.ask("PUT", "/v1/callbacks/subscription", {"url": url, **more})
        assert answer.status == 200, answer.body
        return str(answer.json()["secret"])

    async def rows(self, what: str = "state", *, station: str = "station-1") -> Sequence[Any]:
        """One column of a station's callbacks, in order."""
        found = await self.bench.fetch(
            f"select {what} as it from notifier.callback where station = $1 order by sequence",  # noqa: S608  # our own names
            station,
        )
        return [row["it"] for row in found]

    async def until(self, *states: str, station: str = "station-1", within: float = 20) -> None:
        """Return once a station's callbacks are all in one of some states."""
        async with asyncio.timeout(within):
            while not set(await self.rows(station=station)) <= set(states):
                await self.clock.sleep(0.02)
