"""What every page is held to: usable by everybody, large enough to hit, small and quick to load."""

from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_SMALL = """least => [...document.querySelectorAll('button, a, input, select, textarea, summary')]
  .filter(each => !(/checkbox|radio/.test(each.type) && each.closest('label')))
  .map(each => ({ box: each.getBoundingClientRect(), said: each.outerHTML.slice(0, 80) }))
  .filter(({ box }) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
  .map(({ said, box }) => `${said} ${box.width}x${box.height}`)"""


async def faults_of(page: Page) -> list[str]:
    """Return what axe finds."""
    found = await page.evaluate(
        AXE.read_text() + ";axe.run().then(all => all.violations.map(one => `${one.id}: "
        "${one.nodes.map(each => each.html).join(' ')}`))"
    )
    return [str(each) for each in found]


async def small_targets(page: Page, least: int = 40) -> list[str]:
    """Return what is too small to be hit by a cold finger, `least` in CSS pixels."""
    found: list[str] = await page.evaluate(_SMALL, least)
    return found


async def dress(context: BrowserContext, *, theme: str = "dark", language: str = "zh-CN") -> None:
    """Have the pages of a context in a theme and a language, as somebody chose them before."""
    await context.add_init_script(
        f"localStorage.setItem('d115.theme', '{theme}');"
        f"localStorage.setItem('d115.language', '{language}')"
    )


async def script_bytes(page: Page) -> int:
    """Return how much JavaScript came over the wire."""
    loaded: int = await page.evaluate(
        "performance.getEntriesByType('resource').filter(one => one.name.endsWith('.js'))"
        ".reduce((sum, one) => sum + one.encodedBodySize, 0)"
    )
    return loaded


async def first_paint_ms(page: Page) -> float:
    """Return when something was first seen, in milliseconds after the navigation began."""
    paint: Any = await page.evaluate("performance.getEntriesByType('paint').at(-1).startTime")
    return float(paint)
