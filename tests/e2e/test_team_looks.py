"""What the phone's page must be in every theme and language: clean, small, and quick."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.people import Visitors
from tests.e2e.test_team import PHONE, order

AXE = Path("web/node_modules/axe-core/axe.min.js")
TARGET_PX = 48
SCRIPT_KB = 60
SMALL = """least => [...document.querySelectorAll('button, a, select, label.choice, label.take')]
  .map(each => ({ box: each.getBoundingClientRect(), said: each.textContent }))
  .filter(({ box }) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
  .map(({ said, box }) => `${said} ${box.width}x${box.height}`)"""


async def faults_of(page: Page) -> list[str]:
    """Return what axe finds."""
    found = await page.evaluate(
        AXE.read_text() + ";axe.run().then(all => all.violations.map(one => `${one.id}: "
        "${one.nodes.map(each => each.html).join(' ')}`))"
    )
    return [str(each) for each in found]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_phone_is_usable_by_everybody(
    visitors: Visitors, caller: Caller, theme: str, language: str
) -> None:
    context = await visitors.context(
        Role.TEAM, **PHONE | {"viewport": {"width": 320, "height": 700}}
    )
    await context.add_init_script(
        f"localStorage.setItem('d115.theme', '{theme}');"
        f"localStorage.setItem('d115.language', '{language}')"
    )
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/team")
    await expect(page.locator("button.big")).to_be_visible()
    assert await faults_of(page) == []
    assert await page.evaluate(SMALL, TARGET_PX) == []

    await order(caller, hazards=["crime"], people=5)
    await expect(page.locator(".order")).to_be_visible()

    assert await faults_of(page) == []
    assert await page.evaluate(SMALL, TARGET_PX) == []
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_the_phone_loads_little_and_shows_itself_soon(visitors: Visitors) -> None:
    page = await visitors.page(Role.TEAM, **PHONE)
    await expect(page.locator("button.big")).to_be_visible()

    loaded = await page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js'))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    paint = await page.evaluate("performance.getEntriesByType('paint').at(-1).startTime")
    assert 0 < loaded <= SCRIPT_KB * 1000
    assert paint <= 1000
