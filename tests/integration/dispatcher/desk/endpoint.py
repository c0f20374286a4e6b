"""An enterprise's own system, on loopback: it keeps what it got and answers as its path says."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from services.runtime.clock import SystemClock

SECRET = "whsec_c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2gtMTE1"
OLD_SECRET = "whsec_YW4tb2xkZXItc2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2g="


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verify(self, secret: str = SECRET) -> None:
        """Check the signature as a receiver does; raises if it is not right."""
        Webhook(secret).verify(self.body, dict(self.headers))


@dataclass(kw_only=True)
class System:
    """The system while it runs.

    Attributes:
        answers: The status to answer a path with, where it is not the usual.
        hangs: Paths that are never answered.
    """

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    body: bytes = b"{}"

    def url(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append(Got(path=request.path, headers=headers, body=await request.read()))
        self.came.set()
        if request.path in self.hangs:
            await self.over.wait()
        status = self.answers.get(request.path, 200)
        return web.Response(status=status, headers=self.headers, body=self.body)

    async def wait_for(self, count: int) -> None:
        """Return once so many requests came; fails the test if they do not."""
        async with asyncio.timeout(20):
            while len(self.got) < count:
                self.came.clear()
                await self.came.wait()


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[System]:
    """Run a system on a port of its own."""
    system = System()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", system.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    system.port = runner.addresses[0][1]
    try:
        yield system
    finally:
        system.over.set()  # the server waits for its handlers
        await runner.cleanup()


@asynccontextmanager
async def raw_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A server that speaks what it likes."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate of a name that signs itself: for the server, and for a client to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().real()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = folder / "chain.pem"
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    client = ssl.create_default_context(
        cadata=made.public_bytes(serialization.Encoding.PEM).decode()
    )
    return server, client
