"""The directory's routes over a registry in memory, asked with keys whose secrets are known."""

import json
from typing import Any

from typing_extensions import override

from incident.directory import Lookup, read_directory
from services.dispatcher.api import app
from services.dispatcher.api.directory import Desk, router
from services.dispatcher.handlers.keys import find_key
from services.runtime.auth import Authenticator, bearer, new_key
from tests.asgi import Answer, AsgiClient
from tests.fakes.clock import FakeClock
from tests.fakes.dispatcher import FakeAtlas
from tests.fakes.registry import FakeRegistry
from tests.incident.directories import NOW, park_document
from tests.services.dispatcher.test_directory_keys import PublishedCopy

ADMIN_KEY, ADMIN_HASH = new_key("bootstrap")


class Api:
    """The routes, with a directory whose keys a test can use."""

    def __init__(self) -> None:
        self.registry = FakeRegistry()
        self.keys = {"bootstrap": ADMIN_KEY}
        self.atlas = CopiedAtlas(self.registry)
        clock = FakeClock(NOW)
        caller = bearer(Authenticator(find_key(self.atlas.copy, ADMIN_HASH), clock))
        desk = Desk(registry=self.registry, caller=caller, atlas=self.atlas, clock=clock)
        self._client = AsgiClient(app.build([router(desk)]))

    def document(self) -> dict[str, Any]:
        """The small park, its keys made so that their secrets are known here."""
        document = park_document()
        for entry in document["keys"]:
            key, entry["sha256"] = new_key(entry["id"])
            self.keys[entry["id"]] = key
        return document

    async def ask(
        self, method: str, path: str, payload: object = None, *, by: str, **headers: str
    ) -> Answer:
        body = b"" if payload is None else json.dumps(payload).encode()
        sent = {"authorization": f"Bearer {self.keys[by]}", "content-type": "application/json"}
        for name, value in headers.items():
            sent[name.replace("_", "-")] = value
        return await self._client.ask(method, path, body=body, headers=sent)


class CopiedAtlas(FakeAtlas):
    """An atlas that follows what is published."""

    def __init__(self, registry: FakeRegistry) -> None:
        super().__init__(None)
        self.copy = PublishedCopy(registry)
        self._registry = registry

    @property
    @override
    def lookup(self) -> Lookup:
        if not self._registry.published:
            return super().lookup
        published = self._registry.published[-1]
        return Lookup(read_directory(published.document, version=published.version, now=NOW))
