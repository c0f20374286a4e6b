"""Messages by apprise: the robots of WeCom, DingTalk and Feishu, e-mail, SMS gateways.

A robot is written to at the address its contact has, whatever its host, as where the messenger is
the park's own. E-mail and SMS go by the gateway of the settings, an address of apprise with
`{address}` where the person's stands. How an answer is classified was found by trying, see the
tests: `docs/messages.md` has the table.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import structlog
from typing_extensions import override
from yarl import URL

from incident.roster import ChannelType
from services.notifier.adapters.channels.heard import Heard, install, listening
from services.notifier.adapters.channels.threads import BusyError, Threads
from services.notifier.handlers.messages.gateways import PLACEHOLDER
from services.notifier.ports.messages import Channel, Letter, Outcome, Result
from services.notifier.ports.people import Way
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.outgoing.guard import AddressRefusedError, Guard

SEND_SECONDS = 10.0
SOCKET_SECONDS = 4.0
ROBOTS = (ChannelType.WECOM, ChannelType.DINGTALK, ChannelType.FEISHU)

STAND_IN = "inaddress"
"""For the token that a plug-in asks for: the whole address is given beside."""

BUSY_CODES = {
    ChannelType.WECOM: {-1, 45009},  # the system is busy; too many calls
    ChannelType.DINGTALK: {-1, 130101, 410100},  # the same; blocked for a while for too many
    ChannelType.FEISHU: {
        11232,
        11233,
        99991400,
    },  # too many, by robot, tenant or app
}
"""The codes a robot answers with a 200 that trying again can help; any other is a refusal."""

TOO_MANY = 429
_PASSING = {408, 425, TOO_MANY}
_log = structlog.get_logger(__name__)


class AppriseChannel(Channel):
    """Sends by one type of way."""

    def __init__(
        self,
        type_: ChannelType,
        *,
        guard: Guard,
        clock: Clock,
        gateway: str | None = None,
        seconds: float = SEND_SECONDS,
    ) -> None:
        """Take the type, and for e-mail and SMS the gateway.

        Args:
            type_: What it sends by.
            guard: Judges the addresses of robots.
            clock: Reads `Retry-After` where it is a date.
            gateway: An address of apprise with `{address}` in it; it may hold a password.
            seconds: For one attempt whole.
        """
        self._type = type_
        self._guard = guard
        self._clock = clock
        self._gateway = gateway
        self._seconds = seconds
        self._threads = Threads(f"messages-{type_}")

    @override
    def endpoint(self, way: Way) -> str:
        if self._type in ROBOTS:
            return f"{self._type}:{urlsplit(way.address).hostname}"
        return str(self._type)

    @override
    async def send(self, way: Way, letter: Letter) -> Outcome:
        try:
            async with asyncio.timeout(self._seconds):
                if self._type in ROBOTS:
                    await self._guard.admit(URL(way.address))
                heard, said = await self._threads.run(lambda: self._send(way, letter))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what this attempt came to
            return _outcome_of(error, letter)
        if said is None:
            return Outcome(result=Result.PERMANENT, detail=self._why_unusable())
        return classify(
            self._type, heard, delivered=said, retry_after=self._retry_after(heard.retry_after)
        )

    def _why_unusable(self) -> str:
        usable = self._type in ROBOTS or self._gateway is not None
        return "bad_address" if usable else "no_gateway"

    def _send(self, way: Way, letter: Letter) -> tuple[Heard, bool | None]:
        """Send in a thread; None where no plug-in takes the address."""
        with listening() as heard:
            plugin = self._plugin(way)
            if plugin is None:
                return heard, None
            plugin.request_rate_per_sec = 0  # ours are the limits, and no thread sleeps
            plugin.socket_connect_timeout = plugin.socket_read_timeout = SOCKET_SECONDS
            return heard, bool(plugin.notify(body=letter.text, title=letter.title))

    def _plugin(self, way: Way) -> Any:  # noqa: ANN401  # apprise makes plug-ins of many classes
        install()
        from apprise import Apprise, AppriseAsset  # takes a while: not before it is needed

        asset = AppriseAsset(app_id="d115", app_desc="115", http_redirects=False)
        if self._type in ROBOTS:
            return _ROBOTS[self._type](way.address, asset)
        if self._gateway is None:
            return None
        url = self._gateway.replace(PLACEHOLDER, quote(way.address, safe=""))
        return Apprise.instantiate(url, asset=asset, suppress_exceptions=True)

    def _retry_after(self, said: str) -> float | None:
        if re.fullmatch(r"[0-9]{1,9}", said):
            return float(said)
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - self._clock.real()).total_seconds())


def _outcome_of(error: Exception, letter: Letter) -> Outcome:
    """Say what it means that nothing was answered."""
    if isinstance(error, AddressRefusedError):
        return Outcome(result=Result.PERMANENT, detail=error.fault)
    for kind, detail in ((TimeoutError, "timeout"), (BusyError, "busy"), (OSError, "unreachable")):
        if isinstance(error, kind):
            return Outcome(result=Result.TEMPORARY, detail=detail)
    _log.error("message_failed", message=str(letter.id), fault=describe(error))
    return Outcome(result=Result.TEMPORARY, detail="internal")


def classify(
    type_: ChannelType, heard: Heard, *, delivered: bool, retry_after: float | None = None
) -> Outcome:
    """Say what an answer means: delivered, to be tried again, or refused for good."""
    if type_ in ROBOTS and heard.status == 200 and heard.code:
        busy = heard.code in BUSY_CODES[type_]
        result = Result.TEMPORARY if busy else Result.PERMANENT
        return Outcome(result=result, detail=f"code {heard.code}", too_many=busy)
    if delivered:
        return Outcome(result=Result.DELIVERED, detail=str(heard.status or "accepted"))
    if heard.status is not None:
        passing = heard.status in _PASSING or heard.status >= 500
        result = Result.TEMPORARY if passing else Result.PERMANENT
        return Outcome(
            result=result,
            detail=str(heard.status),
            retry_after=retry_after,
            too_many=heard.status == TOO_MANY,
        )
    if heard.smtp is not None:
        result = Result.PERMANENT if heard.smtp >= 500 else Result.TEMPORARY
        return Outcome(result=result, detail=f"smtp {heard.smtp}")
    return Outcome(result=Result.TEMPORARY, detail="unreachable")


def _wecom(address: str, asset: object) -> Any:  # noqa: ANN401  # as above
    from apprise.plugins.wecombot import NotifyWeComBot

    plugin: Any = NotifyWeComBot(  # type: ignore[no-untyped-call]  # typed in parts
        key=STAND_IN, asset=asset
    )
    plugin.api_url = address
    return plugin


def _dingtalk(address: str, asset: object) -> Any:  # noqa: ANN401  # as above
    """A robot whose address carries its signing secret, as `&secret=`, signs with it."""
    from apprise.plugins.dingtalk import NotifyDingTalk

    parts = urlsplit(address)
    fields = dict(parse_qsl(parts.query))
    secret = fields.pop("secret", None)
    plugin: Any = NotifyDingTalk(  # type: ignore[no-untyped-call]  # typed in parts
        token=STAND_IN, secret=secret, asset=asset
    )
    plugin.notify_url = _literal(urlunsplit(parts._replace(query=urlencode(fields))))
    return plugin


def _feishu(address: str, asset: object) -> Any:  # noqa: ANN401  # as above
    from apprise.plugins.feishu import NotifyFeishu

    plugin: Any = NotifyFeishu(  # type: ignore[no-untyped-call]  # typed in parts
        token=STAND_IN, asset=asset
    )
    plugin.notify_url = _literal(address)
    return plugin


def _literal(address: str) -> str:
    """Keep an address as it is: the plug-in formats it."""
    return address.replace("{", "{{").replace("}", "}}")


_ROBOTS: Mapping[ChannelType, Callable[[str, object], Any]] = {
    ChannelType.WECOM: _wecom,
    ChannelType.DINGTALK: _dingtalk,
    ChannelType.FEISHU: _feishu,
}
