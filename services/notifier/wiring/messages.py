"""Messages to people: made beside what is said, sent by a loop, shown and acknowledged by HTTP."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

import asyncpg

from incident.roster import ChannelType
from services.notifier.adapters.channels.by_apprise import ROBOTS, AppriseChannel
from services.notifier.adapters.channels.heard import install
from services.notifier.adapters.channels.signed import VoiceChannel, WebhookChannel
from services.notifier.adapters.listening import Listener
from services.notifier.adapters.message_reads import PostgresMessageReads
from services.notifier.adapters.message_rules import load_rules
from services.notifier.adapters.messages import PostgresMessageWork, PostgresOutbox
from services.notifier.api.figures import DEFAULT_ZONE
from services.notifier.api.messages import counter, replies
from services.notifier.handlers.messages.limits import Limits
from services.notifier.handlers.messages.links import Links
from services.notifier.handlers.messages.measures import MADE
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.telling import Office, tell
from services.notifier.payloads.messages import MadeTests, Messages, MonthReport
from services.notifier.ports import Judged
from services.notifier.ports.messages import Channel
from services.notifier.sending.mailroom import Mailroom
from services.notifier.sending.monthly import MonthlyTest
from services.notifier.sending.sender import Sender
from services.notifier.wiring.extension import Extension
from services.notifier.wiring.foundation import Base
from services.runtime.clock import Clock
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.post import Post

PATHS = ("/v1/messages", "/r")


def extend(base: Base) -> Extension:
    """Make what messages need."""
    rules, links = load_rules(), _links(base)
    mailroom = Mailroom(
        people=base.people,
        atlas=base.atlas,
        channels=_channels(base),
        rules=rules,
        limits=Limits(rules.limits),
        links=links,
    )
    office = Office(atlas=base.atlas, people=base.people, rules=rules, endpoint=mailroom.endpoint)
    sender = Sender(
        outbox=PostgresOutbox(base.database), office=office, mailroom=mailroom, clock=base.clock
    )
    reads = PostgresMessageReads(base.database)
    monthly = MonthlyTest(
        reads=reads, office=office, clock=base.clock, zone=_zone(base), made=sender.wake
    )
    desk = counter.Counter(
        reads=reads, office=office, clock=base.clock, caller=base.caller, made=sender.wake
    )
    routers = [counter.router(desk)]
    if links is not None:
        window = replies.Window(reads=reads, office=office, links=links, clock=base.clock)
        routers.append(replies.router(window))
    return Extension(
        routers=routers,
        models=(Messages, MadeTests, MonthReport),
        paths=PATHS,
        tasks={"messages": sender.run, "monthly test": monthly.run},
        listeners=[listener(office, base.clock)],
        told=[sender.wake],
        start=[partial(asyncio.to_thread, install)],
        notes={} if links is not None else {"messages": _without_links},
    )


def listener(office: Office, clock: Clock) -> Listener:
    """Make messages in the transaction in which a step is said to be due."""

    async def hear(connection: asyncpg.Connection, judged: Sequence[Judged]) -> None:
        at = Times(now=clock.now(), real=clock.real())
        made = await tell(judged, work=PostgresMessageWork(connection), office=office, at=at)
        for message in made:
            MADE.labels(message.purpose, message.state).inc()

    return hear


def _channels(base: Base) -> Mapping[str, Channel]:
    settings = base.settings
    guard = Guard(settings.outgoing_allow)
    post = Post(guard=guard, clock=base.clock, agent="d115-notifier")
    gateways = {
        ChannelType.EMAIL: settings.email_gateway,
        ChannelType.SMS: settings.sms_gateway,
    }
    by_apprise: dict[str, Channel] = {
        type_: AppriseChannel(type_, guard=guard, clock=base.clock, gateway=gateways.get(type_))
        for type_ in (*ROBOTS, *gateways)
    }
    secrets = settings.message_secrets
    return {
        **by_apprise,
        ChannelType.WEBHOOK: WebhookChannel(post, secrets),
        ChannelType.VOICE: VoiceChannel(post, secrets, gateway=settings.voice_url),
    }


def _links(base: Base) -> Links | None:
    settings = base.settings
    if settings.public_url is None or settings.reply_key is None:
        return None
    return Links(url=settings.public_url, key=settings.reply_key.encode())


def _zone(base: Base) -> Callable[[], ZoneInfo]:
    def zone() -> ZoneInfo:
        lookup = base.atlas.lookup
        of_park = DEFAULT_ZONE if lookup is None else lookup.directory.park.time_zone
        return ZoneInfo(base.settings.time_zone or of_park)

    return zone


async def _without_links() -> str | None:
    return "messages hold no link: NOTIFIER_PUBLIC_URL and NOTIFIER_REPLY_KEY are not both set"
