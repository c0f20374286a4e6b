"""Makes the pictures of the docs: each page as somebody sees it who has work to do."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.looks import dress
from tests.e2e.operating import console, row
from tests.e2e.people import Visitors

SHOTS = Path(__file__).parents[2] / "docs" / "screens"
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(autouse=True)
def folder() -> None:
    """Where they go."""
    SHOTS.mkdir(exist_ok=True)


async def a_busy_night(caller: Caller) -> None:
    """Send what a night brings."""
    site = caller.ground.site
    await caller.send(category="财物丢失", severity="blue", place={"place": f"{site}-gate"})
    await caller.send(category="工资纠纷", severity="yellow", place={"place": f"{site}-b3"})
    await caller.send(category="消防演练", severity="orange", status="exercise")


async def test_console(visitors: Visitors, caller: Caller) -> None:
    page = await console(visitors)
    await a_busy_night(caller)
    incident = await caller.send(
        category="肢体冲突", severity="red", weapons=True, injured=1, people=5, hazards=["crime"],
        place={"place": f"{caller.ground.site}-b3"},
    )  # fmt: skip
    await row(page, incident).click()
    await page.keyboard.press("F2")
    await expect(page.locator(".said .text")).to_be_visible()
    await page.keyboard.press("1")
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "console.png")


async def test_console_in_english_by_day(visitors: Visitors, caller: Caller) -> None:
    context = await visitors.context(Role.OPERATOR, viewport=WIDE)
    await dress(context, theme="light", language="en")
    page = await context.new_page()
    await page.goto(f"{visitors.origin}/console")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button").first.click()
    await dialog.locator(".two button").first.click()
    await a_busy_night(caller)
    incident = await caller.send(severity="orange", place={"place": f"{caller.ground.site}-b3"})
    await row(page, incident).click()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "console-en.png")


async def test_wall(visitors: Visitors, caller: Caller) -> None:
    page = await visitors.page(
        Role.OPERATOR, path="/console?wall=1", viewport={"width": 1920, "height": 1080}
    )
    await a_busy_night(caller)
    await caller.send(category="肢体冲突", severity="red")
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "wall.png")


async def test_station(visitors: Visitors, caller: Caller) -> None:
    await console(visitors)
    await a_busy_night(caller)
    incident = await caller.send(category="肢体冲突", severity="red")
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    await caller.act(incident, "assign", role=Role.OPERATOR, teams=[caller.ground.teams[0]])
    page = await visitors.page(Role.STATION, viewport=WIDE)
    await page.get_by_label("企业微中心").select_option(visitors.ground.center)
    await row(page, incident).click()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "station.png")


async def test_park(visitors: Visitors, caller: Caller) -> None:
    await a_busy_night(caller)
    page = await visitors.page(Role.SUPERVISOR, viewport=WIDE, color_scheme="light")
    await page.wait_for_timeout(2500)
    await page.screenshot(path=SHOTS / "park.png")
    await page.goto(f"{visitors.origin}/park?view=compliance")
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "compliance.png")


async def test_phone(visitors: Visitors, caller: Caller) -> None:
    page = await visitors.page(Role.TEAM, viewport={"width": 390, "height": 844})
    incident = await caller.send(
        category="肢体冲突", severity="red", hazards=["crime"],
        place={"place": f"{caller.ground.site}-b3"},
    )  # fmt: skip
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    await caller.act(incident, "assign", role=Role.OPERATOR, teams=[caller.ground.teams[0]])
    await expect(page.locator("button.big", has_text="接令")).to_be_visible()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=SHOTS / "team.png")
