"""The screens, as they were built: read once, handed out from memory.

A page's own document is asked for anew each time, so that a new version is seen at the next load;
what it refers to has its content's digest in its name and may be kept for ever. Nothing is loaded
from another host, nothing runs that stands inside a document, and no other site may frame it.
"""

import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.runtime.auth import Principal, Role
from services.runtime.passes import Passes
from services.runtime.problems import Problem

PAGES = ("sign-in", "console", "station", "team", "park", "record", "parts")
HOMES = {
    Role.STATION: "/station",
    Role.OPERATOR: "/console",
    Role.CHIEF: "/console",
    Role.TEAM: "/team",
}
MOST_BYTES = 32 * 2**20

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",  # a photo just taken, shown before it is sent
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}
_FOREVER, _ASK = "public, max-age=31536000, immutable", "no-cache"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A built file."""

    body: bytes
    packed: bytes | None
    type: str
    tag: str
    keep: str


def read(folder: Path) -> dict[str, File]:
    """Read what was built, by its path below the folder; nothing where nothing was built.

    Raises:
        ValueError: It is larger than any build of ours.
    """
    if not folder.is_dir():
        return {}
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".gz"]
    if sum(path.stat().st_size for path in paths) > MOST_BYTES:
        raise ValueError(f"{folder} is larger than {MOST_BYTES} bytes: it is no build of the pages")
    return {path.relative_to(folder).as_posix(): _file(path, folder) for path in paths}


def _file(path: Path, folder: Path) -> File:
    body = path.read_bytes()
    packed = path.with_name(path.name + ".gz")
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_hashed = path.relative_to(folder).parts[0] == "assets"
    return File(
        body=body,
        packed=packed.read_bytes() if packed.is_file() else None,
        type=_TYPES.get(path.suffix, guessed),
        tag=f'"{sha256(body).hexdigest()[:32]}"',
        keep=_FOREVER if is_hashed else _ASK,
    )


def router(files: Mapping[str, File], passes: Passes | None) -> APIRouter:
    """Give the routes of the pages; none of them stands in the API's document."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def home(request: Request) -> Response:
        """Lead to the page of whoever is signed in, or to where one signs in."""
        who = _visitor(request, passes)
        where = "/sign-in" if who is None else HOMES.get(who.role, "/park")
        return RedirectResponse(where, 303, headers={"Cache-Control": "no-store"})

    for page in PAGES:
        routes.get(f"/{page}")(_of(files, f"{page}.html"))
    for name in sorted(files):
        if not name.endswith(".html"):
            routes.get(f"/{name}")(_of(files, name))
    return routes


def paths(files: Mapping[str, File]) -> tuple[str, ...]:
    """What is answered under one origin with the other services, `/` left to whoever is last."""
    others = {f"/{name.partition('/')[0]}" for name in files if not name.endswith(".html")}
    return (*(f"/{page}" for page in PAGES), *sorted(others - {f"/{page}" for page in PAGES}))


def _of(files: Mapping[str, File], name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        found = files.get(name)
        if found is None:
            detail = "The pages were not built: run `make web`, or install a release."
            raise Problem(503, "pages-not-built", detail)
        return _handed(found, request)

    return answer


def _handed(file: File, request: Request) -> Response:
    headers = {**_HEADERS, "Cache-Control": file.keep, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, headers=headers, media_type=file.type)
    return Response(file.body, headers=headers, media_type=file.type)


def _visitor(request: Request, passes: Passes | None) -> Principal | None:
    if passes is None:
        return None
    try:
        return passes.find("GET", "/", dict(request.scope["headers"]))
    except Problem:
        return None
