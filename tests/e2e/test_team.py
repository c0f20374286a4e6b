"""The team's phone, in a real browser over the real services: acts are made once, never lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.async_api import BrowserContext, Page, Playwright, expect

from services.runtime.auth import Role
from tests.e2e.browser import ARGUMENTS, find
from tests.e2e.caller import Caller
from tests.e2e.people import PASSWORD, Visitors, sign_in

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
WRONG_CLOCK = """
const real = Date.now.bind(Date)
const off = 300000
Date = class extends Date {
  constructor(...given) { given.length === 0 ? super(real() + off) : super(...given) }
  static now() { return real() + off }
}
"""
"""The phone's clock is five minutes fast."""


async def order(
    caller: Caller,
    **changes: Any,  # noqa: ANN401  # whatever an alert may say
) -> UUID:
    """Send an alert, and the ground's first team to it."""
    incident = await caller.send(**changes)
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    await caller.act(incident, "assign", role=Role.OPERATOR, teams=[caller.ground.teams[0]])
    return incident


async def press(page: Page, word: str) -> None:
    """Press the big button once it says `word` and listens."""
    button = page.locator("button.big", has_text=word)
    await expect(button).to_have_attribute("aria-disabled", "false", timeout=15_000)
    await button.click()


async def on_duty(page: Page) -> None:
    """Go on duty at the phone."""
    await press(page, "上岗")
    await expect(page.get_by_role("heading", name="待命")).to_be_visible()


async def own_moments(caller: Caller, incident: UUID) -> list[dict[str, Any]]:
    """Return what is on record of the team's acts, oldest first."""
    found = await caller.incident(incident)
    return [moment for moment in found["moments"] if moment["team"] and moment["via"] == "phone"]


@asynccontextmanager
async def phone(
    playwright: Playwright, profile: Path, visitors: Visitors
) -> AsyncIterator[BrowserContext]:
    """A phone with a memory of its own, and a clock that is five minutes fast."""
    context = await playwright.chromium.launch_persistent_context(
        str(profile), executable_path=find(), args=[*ARGUMENTS], **PHONE
    )
    # Else the worker sends what waits as the browser starts, before the test can say "no signal".
    await context.grant_permissions(["geolocation"], origin=visitors.origin)
    await context.add_init_script(WRONG_CLOCK)
    visitors.watch.over(context.pages[0])
    yield context
    await context.close()


async def test_presses_without_signal_outlive_the_browser_and_arrive_once_with_their_times(
    playwright: Playwright, tmp_path: Path, visitors: Visitors, caller: Caller
) -> None:
    async with phone(playwright, tmp_path, visitors) as context:
        page = context.pages[0]
        await sign_in(context, visitors.origin, await visitors.known(Role.TEAM))
        await page.goto(f"{visitors.origin}/team")
        await on_duty(page)
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        incident = await order(caller)
        await expect(page.locator("button.big", has_text="接令")).to_be_visible()
        await context.set_offline(True)
        began = datetime.now(UTC)  # noqa: TID251  # the test's own clock
        await press(page, "接令")
        await press(page, "出发")
        await press(page, "到场")
        await press(page, "确认到场")
        await expect(page.locator("[data-queue]")).to_contain_text("已记录，待发送 3")
        ended = datetime.now(UTC)  # noqa: TID251  # the test's own clock

    assert await own_moments(caller, incident) == []

    async with phone(playwright, tmp_path, visitors) as context:
        page = context.pages[0]
        await context.set_offline(True)
        await page.goto(f"{visitors.origin}/team")
        await expect(page.locator("[data-queue]")).to_contain_text("已记录，待发送 3")
        await expect(page.locator("button.big", has_text="处置反馈")).to_be_visible()
        await context.set_offline(False)
        await expect(page.locator("[data-queue]")).to_have_count(0, timeout=30_000)

    moments = await own_moments(caller, incident)
    assert [moment["name"] for moment in moments] == ["accepted", "en_route", "on_scene"]
    for moment in moments:
        occurred = datetime.fromisoformat(moment["occurred_at"])
        assert began - timedelta(seconds=2) <= occurred <= ended + timedelta(seconds=2)
        assert not moment["disbelieved"]


async def test_a_double_tap_is_one_act(visitors: Visitors, caller: Caller) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    await on_duty(page)
    incident = await order(caller)
    await expect(page.locator("button.big", has_text="接令")).to_be_visible()

    await page.locator("button.big").dblclick()
    await expect(page.locator("button.big", has_text="出发")).to_be_visible()
    await expect(page.locator("[data-queue]")).to_have_count(0)

    assert [moment["name"] for moment in await own_moments(caller, incident)] == ["accepted"]


async def test_two_phones_of_a_team_show_the_same_and_act_once(
    visitors: Visitors, caller: Caller
) -> None:
    first = await visitors.page(Role.TEAM, **PHONE)
    second = await visitors.page(Role.TEAM, **PHONE)
    incident = await order(caller)

    await press(first, "接令")
    await expect(second.locator("button.big", has_text="出发")).to_be_visible()
    await press(second, "出发")
    await expect(first.locator("button.big", has_text="到场")).to_be_visible()

    names = [moment["name"] for moment in await own_moments(caller, incident)]
    assert names == ["accepted", "en_route"]


async def test_a_withdrawal_covers_the_screen_until_somebody_noted_it(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    incident = await order(caller)
    await press(page, "接令")
    await caller.act(incident, "cancel", role=Role.STATION, reason="false_alarm")

    await expect(page.get_by_role("heading", name="警情已撤销")).to_be_visible()
    await press(page, "知悉")
    await expect(page.get_by_role("heading", name="警情已撤销")).to_have_count(0)
    await expect(page.locator("[data-queue]")).to_have_count(0)

    assert (await caller.incident(incident))["end_noted_by"] == [caller.ground.teams[0]]


async def test_a_session_that_lapses_asks_for_the_password_over_what_was_pressed(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    incident = await order(caller)
    await expect(page.locator("button.big", has_text="接令")).to_be_visible()
    await page.context.clear_cookies()

    await press(page, "接令")
    await expect(page.locator("[data-queue]")).to_contain_text("已记录，待发送 1")
    await page.locator("input[type=password]").fill(PASSWORD, timeout=30_000)
    await page.locator("dialog button[type=submit]").click()
    await expect(page.locator("[data-queue]")).to_have_count(0, timeout=30_000)

    assert [moment["name"] for moment in await own_moments(caller, incident)] == ["accepted"]


async def test_a_crime_says_to_secure_the_scene_and_wait_for_the_police(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    await order(caller, hazards=["crime"], text="<img src=x onerror=alert(1)>仓库被撬")

    await expect(page.locator(".advice")).to_contain_text("保护现场，等待民警")
    await expect(page.locator(".order .text")).to_have_text("<img src=x onerror=alert(1)>仓库被撬")


async def test_help_is_asked_for_by_holding_never_by_a_touch(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    incident = await order(caller)
    await press(page, "接令")
    hold = page.get_by_role("button", name="求援")
    await hold.tap()
    await expect(page.locator("button.big", has_text="出发")).to_be_visible()
    before = (await caller.incident(incident))["version"]
    await hold.dispatch_event("pointerdown")
    await expect(page.get_by_text("求援已记录")).to_be_visible()
    await expect(page.locator("[data-queue]")).to_have_count(0)

    assert (await caller.incident(incident))["version"] == before + 1


async def test_what_the_server_will_not_have_is_shown_and_kept_and_holds_nothing_up(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    incident = await order(caller)
    await press(page, "接令")
    await expect(page.locator("button.big", has_text="出发")).to_be_visible()
    await expect(page.locator("[data-queue]")).to_have_count(0)
    await page.context.set_offline(True)
    await page.get_by_role("button", name="报平安").click()
    await caller.act(incident, "close", role=Role.OPERATOR, disposition="nothing_found")
    await expect(page.get_by_text("已结束：办结")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.locator("[data-refused]")).to_have_count(1, timeout=30_000)
    await expect(page.locator("[data-queue]")).to_have_count(0)
    await page.reload()
    await expect(page.locator("[data-refused]")).to_have_count(1)
    following = await order(caller)
    await press(page, "接令")
    await expect(page.locator("button.big", has_text="出发")).to_be_visible()
    await expect(page.locator("[data-queue]")).to_have_count(0)

    assert [moment["name"] for moment in await own_moments(caller, following)] == ["accepted"]
