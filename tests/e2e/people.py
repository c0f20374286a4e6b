"""Who signs in: accounts made for a ground's people, over the public interface."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from services.cli.client import Ask, Client, open_session
from services.cli.instance.instance import Instance
from services.runtime.auth import Role
from tests.e2e.browser import Watch
from tests.e2e.grounds import PARK, Ground

PASSWORD = "qing-he-tests-only"  # of invented people in a database that is dropped
PAGES = {
    Role.STATION: "/station",
    Role.OPERATOR: "/console",
    Role.CHIEF: "/console",
    Role.TEAM: "/team",
    Role.SUPERVISOR: "/park",
    Role.AUDITOR: "/park",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signs in.

    Attributes:
        name: What is typed.
        display: What others read.
    """

    role: Role
    name: str
    display: str
    organisation: str
    team: str | None = None


def person(role: Role, ground: Ground, *, number: int = 1) -> Person:
    """Invent a ground's person; of a role there may be several, by number."""
    organisation = {
        Role.STATION: ground.station,
        Role.SUPERVISOR: PARK,
        Role.AUDITOR: PARK,
    }.get(role, ground.center)
    team = ground.teams[number - 1] if role is Role.TEAM else None
    return Person(
        role=role,
        name=f"{role.value}-{ground.number:02}-{number}",
        display=f"{'张李王赵'[number - 1]}{'甲乙丙丁'[number - 1]}",
        organisation=organisation,
        team=team,
    )


async def make_account(instance: Instance, whom: Person) -> None:
    """Make an account, as the administrator does."""
    body: dict[str, Any] = {
        "name": whom.name,
        "display": whom.display,
        "role": whom.role.value,
        "organisation": whom.organisation,
        "team": whom.team,
        "password": PASSWORD,
        "language": "zh-CN",
    }
    async with open_session() as session:
        client: Client = instance.client(session, instance.admin_key)
        await client.ask(Ask(method="POST", path="/v1/accounts", body=body))


async def sign_in(context: BrowserContext, origin: str, whom: Person) -> None:
    """Sign in as a page does; the cookies stay in the browser's context."""
    answer = await context.request.post(
        f"{origin}/v1/session",
        data={"name": whom.name, "password": PASSWORD},
        headers={"X-D115-Page": "1"},
    )
    assert answer.ok, await answer.text()


class Visitors:
    """Opens pages as somebody, each in a browser context of its own."""

    def __init__(self, browser: Browser, instance: Instance, ground: Ground) -> None:
        """Take who opens, where, and for which ground."""
        self.browser = browser
        self.ground = ground
        self._instance = instance
        self._made: set[str] = set()
        self._contexts: list[BrowserContext] = []
        self.origin = instance.origins.dispatcher
        self.watch = Watch(self.origin)

    async def known(self, role: Role, *, number: int = 1, ground: Ground | None = None) -> Person:
        """Return somebody of the ground (or of another), with an account."""
        whom = person(role, ground or self.ground, number=number)
        if whom.name not in self._made:
            await make_account(self._instance, whom)
            self._made.add(whom.name)
        return whom

    async def context(
        self,
        role: Role,
        *,
        number: int = 1,
        **options: Any,  # noqa: ANN401  # what Playwright takes
    ) -> BrowserContext:
        """Open a browser context that is signed in."""
        whom = await self.known(role, number=number)
        context = await self.browser.new_context(
            **{"locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options
        )
        self._contexts.append(context)
        await sign_in(context, self.origin, whom)
        return context

    async def page(
        self,
        role: Role,
        *,
        number: int = 1,
        path: str | None = None,
        **options: Any,  # noqa: ANN401  # what Playwright takes
    ) -> Page:
        """Open the role's page, or another one, signed in."""
        context = await self.context(role, number=number, **options)
        page = self.watch.over(await context.new_page())
        await page.goto(self.origin + (path or PAGES[role]))
        return page

    async def close(self) -> None:
        """Close what was opened."""
        for context in self._contexts:
            await context.close()
