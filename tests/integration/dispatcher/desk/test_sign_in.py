"""Accounts and sessions on a real Postgres: who gets in, for how long, and who is shut out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.dispatcher.adapters.accounts import PostgresAccounts, PostgresSessions
from services.dispatcher.adapters.hashing import Argon2Hasher
from services.dispatcher.handlers import sessions as handlers
from services.dispatcher.handlers.accounts import Account, Stamp, new_device
from services.dispatcher.handlers.sessions import (
    DEVICE_LONGEST,
    IDLE_FOR,
    LONGEST,
    TRIES_OF_NAME,
    WITHIN,
    Opened,
    SessionOverError,
    TooManyTriesError,
    WrongError,
)
from services.runtime.auth import Device, Role
from services.runtime.clock import SystemClock
from services.runtime.migrations import migrate
from services.runtime.postgres import Database
from tests.builders import at

SQL = Path(__file__).parents[4] / "schemas" / "sql" / "dispatcher"
PASSWORD = "correct horse"
WHO = Account(name="zhang", display="张甲", role=Role.OPERATOR, organisation="west-center")
NOW = at(0)
MINUTE = timedelta(minutes=1)


@dataclass
class House:
    """Accounts, sessions, and what hashes passwords."""

    accounts: PostgresAccounts
    sessions: PostgresSessions
    hasher: Argon2Hasher

    async def enter(
        self,
        password: str = PASSWORD,
        *,
        name: str = "zhang",
        now: datetime = NOW,
        address: str = "a",
    ) -> Opened:
        return await handlers.sign_in(
            name, password, sessions=self.sessions, hasher=self.hasher, address=address, now=now
        )

    async def use(self, opened: Opened, now: datetime) -> handlers.Session:
        return await handlers.use(opened.secret, sessions=self.sessions, now=now)


@pytest.fixture
async def house(database_dsn: str) -> AsyncIterator[House]:
    """A house with one account."""
    clock = SystemClock()
    await migrate(database_dsn, [SQL], clock=clock)
    database = await Database.connect(
        database_dsn, role="d115_dispatcher", application="test", size=4, clock=clock
    )
    made = House(PostgresAccounts(database), PostgresSessions(database), Argon2Hasher(cheap=True))
    stamp = Stamp(by="admin", at=NOW)
    assert await made.accounts.add(WHO, await made.hasher.hash(PASSWORD), stamp)
    yield made
    await database.close()


async def test_who_knows_the_password_gets_in(house: House) -> None:
    opened = await house.enter()
    assert (await house.use(opened, NOW + MINUTE)).account == WHO
    assert opened.session.principal.person == "zhang"


async def test_a_name_is_taken_once(house: House) -> None:
    stamp = Stamp(by="admin", at=NOW)
    assert not await house.accounts.add(replace(WHO, display="李乙"), "x", stamp)
    found = await house.accounts.find("zhang")
    assert found == WHO


@pytest.mark.parametrize(("name", "password"), [("zhang", "wrong"), ("nobody", PASSWORD)])
async def test_who_does_not_know_it_learns_nothing(house: House, name: str, password: str) -> None:
    with pytest.raises(WrongError):
        await house.enter(password, name=name)


async def test_after_too_many_tries_even_the_right_password_waits(house: House) -> None:
    for _ in range(TRIES_OF_NAME):
        with pytest.raises(WrongError):
            await house.enter("wrong")
    with pytest.raises(TooManyTriesError) as caught:
        await house.enter(address="another")
    assert caught.value.seconds == WITHIN.total_seconds()
    await house.enter(now=NOW + WITHIN)


async def test_a_sign_in_that_succeeds_forgets_what_failed_before(house: House) -> None:
    for _ in range(TRIES_OF_NAME - 1):
        with pytest.raises(WrongError):
            await house.enter("wrong")
    await house.enter()
    for _ in range(TRIES_OF_NAME):
        with pytest.raises(WrongError):
            await house.enter("wrong")


async def test_a_session_nobody_uses_ends_and_one_in_use_goes_on(house: House) -> None:
    opened = await house.enter()
    now = NOW
    for _ in range(8):
        now += IDLE_FOR - MINUTE
        await house.use(opened, now)
    with pytest.raises(SessionOverError):
        await house.use(opened, now + IDLE_FOR)


async def test_in_the_end_the_password_is_asked_for_again(house: House) -> None:
    opened = await house.enter()
    now = NOW
    while now + IDLE_FOR / 2 < NOW + LONGEST:
        now += IDLE_FOR / 2
        await house.use(opened, now)
    with pytest.raises(SessionOverError):
        await house.use(opened, NOW + LONGEST)


async def test_who_signs_out_is_out(house: House) -> None:
    opened = await house.enter()
    await handlers.end(opened.secret, sessions=house.sessions)
    with pytest.raises(SessionOverError):
        await house.use(opened, NOW)


async def test_an_account_that_is_shut_is_out_at_once_and_stays_out(house: House) -> None:
    opened = await house.enter()
    await house.accounts.change(replace(WHO, disabled=True), None, Stamp(by="admin", at=NOW))
    with pytest.raises(SessionOverError):
        await house.use(opened, NOW)
    with pytest.raises(WrongError):
        await house.enter()


async def test_a_new_password_ends_every_other_session(house: House) -> None:
    here, elsewhere = await house.enter(), await house.enter()
    await handlers.change_password(
        here.secret,
        old=PASSWORD,
        new="another password",
        sessions=house.sessions,
        hasher=house.hasher,
        now=NOW,
    )
    assert (await house.use(here, NOW)).account == WHO
    with pytest.raises(SessionOverError):
        await house.use(elsewhere, NOW)
    with pytest.raises(WrongError):
        await house.enter()
    await house.enter("another password")


async def test_a_device_signs_in_by_its_token_until_it_is_revoked(house: House) -> None:
    entry, token, digest = new_device(Device.WALL, "大屏", now=NOW)
    await house.accounts.add_device("zhang", entry, digest, Stamp(by="admin", at=NOW))
    opened = await handlers.sign_in_device(token, sessions=house.sessions, address="a", now=NOW)
    assert opened.session.device is Device.WALL
    assert opened.session.principal.person is None
    assert (await house.use(opened, NOW + DEVICE_LONGEST / 2)).device is Device.WALL

    assert await house.accounts.revoke_device("zhang", entry.id, at=NOW)
    with pytest.raises(SessionOverError):
        await house.use(opened, NOW)
    with pytest.raises(WrongError):
        await handlers.sign_in_device(token, sessions=house.sessions, address="a", now=NOW)


async def test_no_secret_stands_in_the_tables(house: House) -> None:
    opened = await house.enter()
    async with house.sessions._database.transaction() as connection:  # looks inside
        kept = [
            str(row)
            for table in ("account", "session", "sign_in_attempt")
            for row in await connection.fetch(f"select * from dispatcher.{table}")  # noqa: S608  # names of ours
        ]
    assert not any(PASSWORD in row or opened.secret in row for row in kept)
    assert any("$argon2id$" in row for row in kept)
