"""One test's own messages: a real store, real channels, and servers on loopback to send to."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from incident.roster import ChannelType
from services.notifier.adapters.channels.by_apprise import AppriseChannel
from services.notifier.adapters.channels.signed import VoiceChannel, WebhookChannel
from services.notifier.adapters.message_reads import PostgresMessageReads
from services.notifier.adapters.messages import PostgresMessageWork, PostgresOutbox
from services.notifier.handlers.messages.limits import Limits
from services.notifier.handlers.messages.links import Links
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.rules import Rules
from services.notifier.handlers.messages.telling import Office, tell
from services.notifier.ports import Judged
from services.notifier.ports.message_reads import Listed, Which
from services.notifier.ports.messages import Channel
from services.notifier.sending.mailroom import Mailroom
from services.notifier.sending.sender import Sender
from services.runtime.clock import SystemClock
from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.post import Post
from services.runtime.outgoing.signing import Secrets
from services.runtime.postgres import Database
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup
from tests.services.notifier.messages.office import FakePeople

KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()
REAL = SystemClock()
LINKS = Links(url="https://115.example", key=b"r" * 32)
RULES = Rules(waits=(0, 0.05, 0.1), last_waits=(0, 0.05, 0.1, 0.2))


@dataclass(kw_only=True)
class Post115:
    """A server on loopback that takes what is posted, and answers by the path."""

    url: str = ""
    got: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, str], Any]]] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        path = request.path
        raw = await request.read()
        body = json.loads(raw)
        self.raw.append(raw)
        self.seen.append(request.query_string)
        self.got.append((path, dict(request.headers), body))
        if path.startswith("/hang"):
            await self.released.wait()
        planned = self.answers.get(path, [])
        status, headers, answer = planned.pop(0) if planned else (200, {}, {"errcode": 0})
        return web.json_response(answer, status=status, headers=headers)

    def at(self, path: str) -> list[tuple[str, Mapping[str, str], Any]]:
        """What was posted to a path."""
        return [one for one in self.got if one[0] == path]


@asynccontextmanager
async def open_post() -> AsyncIterator[Post115]:
    """Serve until the block ends."""
    post = Post115()
    app = web.Application()
    app.router.add_post("/{rest:.*}", post.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    host, port = runner.addresses[0][:2]
    post.url = f"http://{host}:{port}"
    try:
        yield post
    finally:
        post.released.set()
        await runner.cleanup()


@dataclass(kw_only=True)
class Desk:
    """Makes messages and sends them."""

    database: Database
    people: FakePeople
    sender: Sender
    reads: PostgresMessageReads
    office: Office

    async def tells(self, *judged: Judged) -> int:
        """Hear what was judged, in a transaction."""
        times = Times(now=REAL.now(), real=REAL.real())
        async with self.database.transaction() as connection:
            work = PostgresMessageWork(connection)
            return len(await tell(judged, work=work, office=self.office, at=times))

    async def all(self, **which: Any) -> list[Listed]:  # noqa: ANN401  # passed on
        """All messages, the oldest first."""
        page = await self.reads.page(Which(**which), before=None, limit=2000)
        return page[::-1]

    @asynccontextmanager
    async def sending(self, *senders: Sender) -> AsyncIterator[None]:
        """Send until the block ends."""
        tasks = [asyncio.create_task(one.run()) for one in senders or (self.sender,)]
        try:
            yield
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def settled(self, *, within: float = 15.0) -> list[Listed]:
        """Wait until nothing waits."""

        async def none_waits() -> bool:
            return not [one for one in await self.all() if one.state in {"waiting", "bundled"}]

        await until(none_waits, within=within)
        return await self.all()


def open_desk(
    database: Database,
    *,
    rules: Rules = RULES,
    gateways: Mapping[ChannelType, str] | None = None,
    voice: str | None = None,
) -> Desk:
    """Put the parts together as the wiring does, with people in memory."""
    people, atlas = FakePeople(), FakeAtlas(park_lookup())
    mailroom = Mailroom(
        people=people,
        atlas=atlas,
        channels=channels(gateways or {}, voice),
        rules=rules,
        limits=Limits(rules.limits),
        links=LINKS,
    )
    office = Office(atlas=atlas, people=people, rules=rules, endpoint=mailroom.endpoint)
    sender = Sender(outbox=PostgresOutbox(database), office=office, mailroom=mailroom, clock=REAL)
    reads = PostgresMessageReads(database)
    return Desk(database=database, people=people, sender=sender, reads=reads, office=office)


def channels(gateways: Mapping[ChannelType, str], voice: str | None) -> dict[str, Channel]:
    """The real channels, allowed on loopback."""
    guard = Guard(Allowed.from_setting("127.0.0.0/8"))
    post = Post(guard=guard, clock=REAL, agent="test")
    secrets = Secrets.from_setting(f"messages:{KEY},voice:{KEY}")
    made: dict[str, Channel] = {
        type_: AppriseChannel(
            type_, guard=guard, clock=REAL, gateway=gateways.get(type_), seconds=2.0
        )
        for type_ in ChannelType
        if type_ not in {ChannelType.WEBHOOK, ChannelType.VOICE}
    }
    made[ChannelType.WEBHOOK] = WebhookChannel(post, secrets)
    made[ChannelType.VOICE] = VoiceChannel(post, secrets, gateway=voice)
    return made


async def until(holds: Callable[[], Awaitable[object]], *, within: float = 15.0) -> None:
    """Return once something holds; fails the test if it does not in time."""
    async with asyncio.timeout(within):
        while not await holds():
            await REAL.sleep(0.02)
