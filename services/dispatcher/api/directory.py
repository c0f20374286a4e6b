"""The directory over HTTP: read by everybody in their part, written by admins as a whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response

from incident.directory import InvalidDirectoryError
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.directory import (
    Known,
    NothingAppliedError,
    OtherVersionError,
    Proposal,
    Registry,
    apply_directory,
)
from services.dispatcher.handlers.keys import (
    KeyIdTakenError,
    TooManyKeysError,
    UnknownKeyError,
    WantedKey,
    add_key,
    remove_key,
)
from services.dispatcher.payloads.directory import (
    DIRECTORY_EXAMPLES,
    KEY_EXAMPLES,
    KeyBody,
    shown_to,
)
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem, invalid
from services.runtime.strict_json import StrictRoute

MOST_FAULTS = 500
VERSIONS_MAX = 200
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the directory's routes need."""

    registry: Registry
    caller: Caller
    atlas: Atlas
    clock: Clock

    def known(self) -> Known:
        """What documents are checked against now."""
        return Known(
            kinds=self.atlas.kinds.keys(),
            profiles=self.atlas.profiles.keys(),
            now=self.clock.real(),
        )


def router(desk: Desk) -> APIRouter:
    """Give the routes of the directory and its keys."""
    routes = APIRouter(tags=["directory"], route_class=StrictRoute)
    _add_reads(routes, desk)
    _add_writes(routes, desk)
    _add_keys(routes, desk)
    return routes


def _add_reads(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/v1/directory", responses=answers.DIRECTORY)
    async def read(caller: Annotated[Principal, Depends(desk.caller)]) -> Response:
        """Give the directory in force, as far as the caller's role may see it."""
        lookup = desk.atlas.lookup
        version = lookup.directory.version
        body = {"version": version, "directory": shown_to(caller, lookup)}
        return _json(body, headers={"ETag": f'"{version}"'})

    @routes.get("/v1/directory/versions", responses=answers.VERSIONS)
    async def versions(
        caller: Annotated[Principal, Depends(desk.caller)],
        before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=VERSIONS_MAX)] = 50,
    ) -> Response:
        """List the versions there were, newest first; `next` continues as `before`."""
        require(caller, Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR)
        found = await desk.registry.list_versions(before=before, limit=limit + 1)
        page = found[:limit]
        after = page[-1].version if len(found) > limit else None
        return _json({"versions": page, "next": after})


def _add_writes(routes: APIRouter, desk: Desk) -> None:
    @routes.put("/v1/directory", responses=answers.APPLIED)
    async def write(
        caller: Annotated[Principal, Depends(desk.caller)],
        document: Annotated[dict[str, Any], Body(openapi_examples=DIRECTORY_EXAMPLES)],
        dry_run: Annotated[bool, Query()] = False,  # noqa: FBT002  # FastAPI passes it by name
        if_match: Annotated[str | None, Header(pattern=r'^"?\d{1,9}"?$')] = None,
    ) -> Response:
        """Put a whole directory in force; `dry_run` only says what it would change.

        Without `keys` the present keys stay, and a key listed without its `sha256` keeps the one
        it has. `version` is the one in force after the call; what says nothing new keeps it.
        """
        require(caller, Role.ADMIN)
        proposal = Proposal(
            caller=caller,
            document=document,
            expected=None if if_match is None else int(if_match.strip('"')),
            dry_run=dry_run,
        )
        with _told():
            applied = await apply_directory(proposal, registry=desk.registry, known=desk.known())
        return _json(applied, headers={"ETag": f'"{applied.version}"'})


def _add_keys(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/v1/directory/keys", status_code=201, responses=answers.KEY_MADE)
    async def make_key(
        caller: Annotated[Principal, Depends(desk.caller)],
        body: Annotated[KeyBody, Body(openapi_examples=KEY_EXAMPLES)],
    ) -> Response:
        """Make a key; it is shown in this answer and never again. A holder has two at most."""
        require(caller, Role.ADMIN)
        wanted = WantedKey(**body.model_dump())
        with _told():
            made = await add_key(wanted, caller=caller, registry=desk.registry, known=desk.known())
        return _json(made, status=201)

    @routes.delete("/v1/directory/keys/{key}", responses=answers.KEY_TAKEN)
    async def take_key(key: str, caller: Annotated[Principal, Depends(desk.caller)]) -> Response:
        """Take a key away: it opens nothing from now on."""
        require(caller, Role.ADMIN)
        with _told():
            version = await remove_key(
                key, caller=caller, registry=desk.registry, known=desk.known()
            )
        return _json({"id": key, "version": version})


@contextmanager
def _told() -> Iterator[None]:
    """Answer each refusal with its problem."""
    try:
        yield
    except InvalidDirectoryError as error:
        raise _invalid(error) from error
    except OtherVersionError as error:
        detail = f"The directory is at version {error.version} by now. Look at it again."
        raise Problem(412, "version-mismatch", detail, version=error.version) from error
    except NothingAppliedError as error:
        detail = "No directory has been applied yet."
        raise Problem(409, "no-directory", detail) from error
    except KeyIdTakenError as error:
        detail = "There is a key of this id; take it away first, or choose another id."
        raise Problem(409, "key-id-taken", detail, field="id") from error
    except TooManyKeysError as error:
        detail = "The holder has two live keys. Take one of them away first."
        raise Problem(409, "too-many-keys", detail, keys=list(error.ids)) from error
    except UnknownKeyError as error:
        raise Problem(404, "unknown-key-id", "There is no key of this id.") from error


def _invalid(error: InvalidDirectoryError) -> Problem:
    """Name every fault; of very many, the first ones and how many there are."""
    said = [
        (fault.path or "document", f"{fault.wrong}; allowed: {fault.allowed}")
        for fault in error.faults[:MOST_FAULTS]
    ]
    problem = invalid(said)
    if len(error.faults) > MOST_FAULTS:
        problem.members["faults"] = len(error.faults)
    return problem


def _json(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        codec.encode(body),
        status,
        media_type="application/json",
        headers=NO_STORE | (headers or {}),
    )
