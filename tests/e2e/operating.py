"""An operator at the console: what a test does before what it is about."""

from uuid import UUID

from playwright.async_api import BrowserContext, Locator, Page, expect

from services.runtime.auth import Role
from tests.e2e.people import Visitors

EARS = """
window.__heard = []
const made = AudioContext.prototype.createOscillator
AudioContext.prototype.createOscillator = function () {
  window.__heard.push(performance.now())
  return made.call(this)
}
"""
"""Notes each tone the page makes."""


async def begin_shift(page: Page) -> None:
    """Test the sound and begin."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="播放测试音").click()
    await dialog.get_by_role("button", name="听到了").click()
    await expect(dialog).to_have_count(0)


async def console(visitors: Visitors, *, number: int = 1, init: str = "") -> Page:
    """Open the console of the ground's center and begin a shift there."""
    context: BrowserContext = await visitors.context(
        Role.OPERATOR, number=number, viewport={"width": 1440, "height": 900}
    )
    await context.add_init_script(EARS + init)
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/console")
    await begin_shift(page)
    return page


def row(page: Page, incident: UUID) -> Locator:
    """The incident's row in the queue."""
    return page.locator(f'[data-incident="{incident}"]')


def card(page: Page) -> Locator:
    """The incident that is open."""
    return page.locator("article.incident")


async def tones(page: Page) -> int:
    """Return how many tones were heard so far."""
    heard: int = await page.evaluate("window.__heard.length")
    return heard


async def settled(page: Page) -> int:
    """Return how many tones were heard in the next three seconds."""
    before = await tones(page)
    await page.wait_for_timeout(3000)
    return await tones(page) - before
