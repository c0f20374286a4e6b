"""Who may sign in: `/v1/accounts`."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.dispatcher.api import account_answers as answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.sessions import LEAST_PASSWORD, MOST_PASSWORD
from services.dispatcher.handlers.accounts import (
    MAKES,
    Account,
    Accounts,
    FaultyAccountError,
    MayNotError,
    Stamp,
    changed,
    check_keeper,
    check_whole,
    new_device,
)
from services.dispatcher.handlers.sessions import Hasher
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Device, Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute

PAGE_MAX = 200
Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Language = Literal["zh-CN", "en"]
Password = Annotated[str, Field(min_length=LEAST_PASSWORD, max_length=MOST_PASSWORD, repr=False)]


class NewAccount(BaseModel):
    """An account to be made."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    display: str = Field(min_length=1, max_length=64)
    role: Role
    organisation: Code
    team: Code | None = None
    person: Code | None = None
    language: Language | None = None
    password: Password


class AccountChange(BaseModel):
    """What is to change of an account; what is left out, or null, stays."""

    model_config = ConfigDict(extra="forbid")
    display: str | None = Field(default=None, min_length=1, max_length=64)
    person: Code | None = None
    language: Language | None = None
    disabled: bool | None = None
    password: Password | None = None


class NewDevice(BaseModel):
    """A device to be made."""

    model_config = ConfigDict(extra="forbid")
    kind: Device
    label: str = Field(min_length=1, max_length=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What keeping accounts needs."""

    accounts: Accounts
    hasher: Hasher
    caller: Caller
    atlas: Atlas
    clock: Clock

    async def kept(self, caller: Principal, name: str) -> Account:
        """Give an account the caller keeps.

        Raises:
            Problem: 404; there is none, or it is somebody else's to keep.
        """
        found = await self.accounts.find(name)
        if found is not None:
            try:
                check_keeper(caller, found)
            except MayNotError:
                found = None
        if found is None:
            raise Problem(404, "not-found", "You keep no account of this name.")
        return found

    def stamp(self, caller: Principal) -> Stamp:
        """Say who changes something, and when."""
        return Stamp(by=caller.key_id, at=self.clock.real())


def router(office: Office) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(tags=["accounts"], route_class=StrictRoute)
    Keeper = Annotated[Principal, Depends(office.caller)]  # noqa: N806  # a type

    @routes.get("/v1/accounts", responses=answers.ACCOUNTS)
    async def list_accounts(
        who: Keeper,
        after: Annotated[str, Query(max_length=63)] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> Response:
        """Give a page of the accounts the caller keeps, by name; `next` continues."""
        require(who, *sorted(MAKES))
        own = who.organisation if who.role is Role.CHIEF else None
        found = await office.accounts.list_(organisation=own, after=after, limit=limit)
        following = found[-1].name if len(found) == limit else None
        kept = [account for account in found if account.role in MAKES[who.role]]
        return _json({"accounts": kept, "next": following})

    @routes.post("/v1/accounts", status_code=201, responses=answers.ACCOUNT_MADE)
    async def add(who: Keeper, body: Annotated[NewAccount, Body()]) -> Response:
        """Make an account."""
        require(who, *sorted(MAKES))
        account = Account(**body.model_dump(exclude={"password"}))
        _check(who, account, office)
        hash_ = await office.hasher.hash(body.password)
        if not await office.accounts.add(account, hash_, office.stamp(who)):
            raise Problem(409, "name-taken", "There is an account of this name.", field="name")
        return _json(account, status=201)

    @routes.put("/v1/accounts/{name}", responses=answers.ACCOUNT)
    async def change(who: Keeper, name: Name, body: Annotated[AccountChange, Body()]) -> Response:
        """Change an account. A new password, or shutting it, ends its sessions."""
        require(who, *sorted(MAKES))
        account = changed(
            await office.kept(who, name), **body.model_dump(exclude={"password"}, exclude_none=True)
        )
        hash_ = None if body.password is None else await office.hasher.hash(body.password)
        await office.accounts.change(account, hash_, office.stamp(who))
        return _json(account)

    _devices(routes, office)
    return routes


def _check(who: Principal, account: Account, office: Office) -> None:
    """Refuse an account the caller may not make, or that does not fit the directory."""
    try:
        check_keeper(who, account)
        check_whole(account, office.atlas.lookup)
    except MayNotError as error:
        may = sorted(role.value for role in MAKES[who.role])
        detail = f"You may make accounts of: {', '.join(may)}; a chief, those of the center."
        raise Problem(403, "forbidden", detail, allowed=may) from error
    except FaultyAccountError as error:
        raise Problem(422, "invalid", f"{error.field} {error}", field=error.field) from error


def _devices(routes: APIRouter, office: Office) -> None:
    Keeper = Annotated[Principal, Depends(office.caller)]  # noqa: N806  # a type

    @routes.get("/v1/accounts/{name}/devices", responses=answers.DEVICES)
    async def list_devices(who: Keeper, name: Name) -> Response:
        """Give the devices that sign in for an account."""
        require(who, *sorted(MAKES))
        account = await office.kept(who, name)
        return _json({"devices": await office.accounts.devices(account.name)})

    @routes.post("/v1/accounts/{name}/devices", status_code=201, responses=answers.DEVICE_MADE)
    async def add_device(who: Keeper, name: Name, body: Annotated[NewDevice, Body()]) -> Response:
        """Make a device; its token is shown this once."""
        require(who, *sorted(MAKES))
        account, stamp = await office.kept(who, name), office.stamp(who)
        entry, token, digest = new_device(body.kind, body.label, now=stamp.at)
        await office.accounts.add_device(account.name, entry, digest, stamp)
        return _json({"device": entry, "token": token}, status=201)

    @routes.delete(
        "/v1/accounts/{name}/devices/{device}", status_code=204, responses=answers.DEVICE_REVOKED
    )
    async def revoke(who: Keeper, name: Name, device: UUID) -> Response:
        """Revoke a device; it is signed out within five minutes."""
        require(who, *sorted(MAKES))
        account = await office.kept(who, name)
        at = office.clock.real()
        if not await office.accounts.revoke_device(account.name, device, at=at):
            raise Problem(404, "not-found", "The account has no such device.")
        return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _json(value: object, *, status: int = 200) -> Response:
    return Response(
        codec.encode(value),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
