"""Addresses: what form each channel's must have, and how one is shown without giving it away."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from incident.directory.fields import TextRule
from incident.roster.parts import ChannelType

URL_TYPES = frozenset(
    {ChannelType.WECOM, ChannelType.DINGTALK, ChannelType.FEISHU, ChannelType.WEBHOOK}
)
"""Those whose address is one of the web; it mostly holds a token, so whoever has it may write."""

Judge = Callable[[str, str], str | None]
"""Says of a host in lower case and a scheme why nothing may be sent there; None where it may."""

TELEPHONE = TextRule(
    pattern=re.compile(r"\+?[0-9](?:[ -]?[0-9]){2,19}"),
    allowed="a telephone number: 3 to 20 digits, '+' before them, single blanks or '-' between",
    shown=False,
)
EMAIL = TextRule(
    pattern=re.compile(
        r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
        r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,8}"
        r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}"
    ),
    allowed="an e-mail address such as duty@example.cn",
    shown=False,
)
URL = TextRule(
    pattern=re.compile(r"https?://[!-~]{1,1000}"),
    allowed="an address of at most 1000 characters that begins with https://",
    shown=False,
)
MASK = TextRule(
    pattern=re.compile(r"[!-~…*]{1,300}"),
    allowed="the masked address as it was shown",
    shown=False,
)
_RULES = {ChannelType.EMAIL: EMAIL, ChannelType.SMS: TELEPHONE, ChannelType.VOICE: TELEPHONE}
_SHOWN_TAIL, _LONG_SECRET = 4, 16


def rule_of(type_: ChannelType) -> TextRule:
    """What form a channel's address has."""
    return URL if type_ in URL_TYPES else _RULES[type_]


def plain(address: str, type_: ChannelType) -> str:
    """An address as it is kept: a telephone number without its blanks and hyphens."""
    is_telephone = type_ in {ChannelType.SMS, ChannelType.VOICE}
    return re.sub(r"[ -]", "", address) if is_telephone else address


def masked(address: str, type_: ChannelType) -> str:
    """An address as it may be shown: enough for who knows it to know it again."""
    if type_ in URL_TYPES:
        return _masked_url(address)
    if type_ is ChannelType.EMAIL:
        name, _, host = address.rpartition("@")
        return f"{name[0]}***@{host}"
    return _masked_telephone(address)


def url_fault(url: str, judge: Judge) -> str | None:
    """What is wrong with an address of the web; None if nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port or an IPv6 address that is none
        return "is not a usable address"
    if not parts.hostname or port == 0:
        return "is not a usable address"
    if parts.username is not None or parts.fragment:
        return "has a user, a password or a fragment in it"
    return judge(parts.hostname.rstrip(".").lower(), parts.scheme)


def _masked_telephone(number: str) -> str:
    if len(number) >= 11:
        return f"{number[:3]}****{number[-_SHOWN_TAIL:]}"
    return f"****{number[-2:]}"


def _masked_url(url: str) -> str:
    parts = urlsplit(url)
    start = f"{parts.scheme}://{parts.hostname}/"
    secret = url[len(parts.scheme) + 3 + len(parts.netloc) :]
    return f"{start}…{secret[-_SHOWN_TAIL:]}" if len(secret) >= _LONG_SECRET else f"{start}…"
