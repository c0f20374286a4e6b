"""Messages to programs: signed webhooks (Standard Webhooks 1.0), and voice by such a gateway.

`webhook-id` is the message's id in every attempt, so that a receiver drops what comes twice.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from standardwebhooks import Webhook
from typing_extensions import override

from services.notifier.ports.messages import Channel, Letter, Outcome, Result
from services.notifier.ports.people import Way
from services.runtime import codec
from services.runtime.outgoing import post
from services.runtime.outgoing.outcomes import Fault, Tried
from services.runtime.outgoing.post import Post
from services.runtime.outgoing.signing import Secrets

WEBHOOK_SECRET, VOICE_SECRET = "messages", "voice"  # the names of two secrets

TOO_MANY = 429
_PASSING = {408, 425, TOO_MANY}
_FOR_GOOD = {Fault.ADDRESS_REFUSED, Fault.NOT_HTTPS, Fault.NO_SECRET}


class WebhookChannel(Channel):
    """Posts the codes and the text of a message to the person's own system."""

    def __init__(self, post: Post, secrets: Secrets) -> None:
        self._post = post
        self._secrets = secrets

    @override
    def endpoint(self, way: Way) -> str:
        parts = urlsplit(way.address)
        return f"webhook:{parts.netloc.rpartition('@')[2]}"

    @override
    async def send(self, way: Way, letter: Letter) -> Outcome:
        keys = self._secrets.find(WEBHOOK_SECRET)
        return await _send(self._post, keys, letter.id, url=way.address, body=body_of(letter))


class VoiceChannel(Channel):
    """Has a gateway call a telephone number and say the text."""

    def __init__(self, post: Post, secrets: Secrets, *, gateway: str | None) -> None:
        self._post = post
        self._secrets = secrets
        self._gateway = gateway

    @override
    def endpoint(self, way: Way) -> str:
        return "voice"

    @override
    async def send(self, way: Way, letter: Letter) -> Outcome:
        if self._gateway is None:
            return Outcome(result=Result.PERMANENT, detail="no_gateway")
        say = {"id": letter.id, "to": way.address, "language": letter.language}
        body = codec.text({**say, "say": spoken(letter.text)})
        keys = self._secrets.find(VOICE_SECRET)
        return await _send(self._post, keys, letter.id, url=self._gateway, body=body)


def body_of(letter: Letter) -> str:
    """The body of a webhook."""
    return codec.text(
        {
            "id": letter.id,
            "type": "message",
            "language": letter.language,
            "title": letter.title,
            "text": letter.text,
            **letter.fields,
        }
    )


def spoken(text: str) -> str:
    """A text as it is said: nobody can follow a spoken link."""
    return re.sub(r"\s*https?://\S+", "", text)


async def _send(
    sender: Post, keys: Sequence[Webhook] | None, letter: UUID, *, url: str, body: str
) -> Outcome:
    if not keys:
        return Outcome(result=Result.PERMANENT, detail=Fault.NO_SECRET)
    return outcome_of(await sender.send(post.Letter(id=letter, url=url, body=body, keys=keys)))


def outcome_of(tried: Tried) -> Outcome:
    """Say what an answer means."""
    if tried.is_receipt:
        return Outcome(result=Result.DELIVERED, detail=tried.outcome)
    if tried.status is not None:
        passing = tried.status in _PASSING or tried.status >= 500
        result = Result.TEMPORARY if passing else Result.PERMANENT
    else:
        result = Result.PERMANENT if tried.fault in _FOR_GOOD else Result.TEMPORARY
    return Outcome(
        result=result,
        detail=tried.outcome,
        retry_after=tried.retry_after,
        too_many=tried.status == TOO_MANY,
    )
