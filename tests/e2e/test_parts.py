"""The design language: every part in every state, in both themes at once and in both languages."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.runtime.auth import Role
from tests.e2e.people import Visitors

AXE = Path("web/node_modules/axe-core/axe.min.js")
TARGET_PX = 40
SMALL = """least => [...document.querySelectorAll('button, a, input, select, textarea')]
  .map(each => ({ box: each.getBoundingClientRect(), said: each.outerHTML.slice(0, 80) }))
  .filter(({ box }) => box.width > 0 && (box.height < least || box.width < least))
  .map(({ said }) => said)"""


async def faults_of(page: Page) -> list[str]:
    """Return what axe finds."""
    found = await page.evaluate(
        AXE.read_text() + ";axe.run().then(all => all.violations.map(one => `${one.id}: "
        "${one.nodes.map(each => each.html).join(' ')}`))"
    )
    return [str(each) for each in found]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_part_is_usable_by_everybody(visitors: Visitors, language: str) -> None:
    page = await visitors.page(Role.OPERATOR, path=f"/parts?language={language}")
    await expect(page.locator("[data-theme=light] .ring").first).to_be_visible()

    assert await faults_of(page) == []
    assert await page.evaluate(SMALL, TARGET_PX) == []


async def test_nothing_is_cut_off_on_a_narrow_page_or_at_double_size(visitors: Visitors) -> None:
    page = await visitors.page(
        Role.OPERATOR, path="/parts?language=en", viewport={"width": 390, "height": 844}
    )
    await expect(page.locator(".ring").first).to_be_visible()

    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_a_dialog_gives_the_focus_back(visitors: Visitors) -> None:
    page = await visitors.page(Role.OPERATOR, path="/parts")
    opener = page.get_by_role("button", name="打开对话框").first
    await opener.click()
    await expect(page.get_by_role("dialog")).to_be_visible()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(opener).to_be_focused()
