"""Sends deliveries as signed webhooks to the enterprises' own systems."""

import ssl

from typing_extensions import override

from services.dispatcher.handlers import outgoing
from services.dispatcher.handlers.outcomes import Parcel
from services.runtime.clock import Clock
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.outcomes import Fault, Tried
from services.runtime.outgoing.post import Letter, Post
from services.runtime.outgoing.signing import Secrets


class WebhookPost(outgoing.Post):
    """Signs parcels with the secrets that the settings name."""

    def __init__(
        self,
        *,
        secrets: Secrets,
        guard: Guard,
        clock: Clock,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._secrets = secrets
        self._post = Post(guard=guard, clock=clock, agent="d115-dispatcher", tls=tls)

    @override
    async def send(self, parcel: Parcel) -> Tried:
        keys = self._secrets.find(parcel.secret)
        if keys is None:
            return Tried(fault=Fault.NO_SECRET)
        letter = Letter(id=parcel.id, url=parcel.url, body=parcel.body, keys=keys)
        return await self._post.send(letter)
