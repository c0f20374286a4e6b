"""What the console and its wall view are in every theme and language."""

import pytest
from playwright.async_api import expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.looks import dress, faults_of, first_paint_ms, script_bytes, small_targets
from tests.e2e.operating import card, row
from tests.e2e.people import Visitors

SCRIPT_KB = 120


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_console_is_usable_by_everybody(
    visitors: Visitors, caller: Caller, theme: str, language: str
) -> None:
    context = await visitors.context(Role.OPERATOR, viewport={"width": 1440, "height": 900})
    await dress(context, theme=theme, language=language)
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/console")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    assert await faults_of(page) == []
    await dialog.get_by_role("button").first.click()
    await dialog.locator(".two button").first.click()
    await expect(dialog).to_have_count(0)

    incident = await caller.send(severity="red", hazards=["crime"], weapons=True, injured=1)
    await row(page, incident).click()
    await page.keyboard.press("F2")
    await expect(card(page).locator(".text")).to_be_visible()
    assert await faults_of(page) == []
    assert await small_targets(page) == []
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_the_console_loads_little_and_shows_itself_soon(visitors: Visitors) -> None:
    page = await visitors.page(Role.OPERATOR)
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert 0 < await script_bytes(page) <= SCRIPT_KB * 1000
    assert await first_paint_ms(page) <= 1000


async def test_the_wall_names_nobody_and_takes_no_orders(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(
        Role.OPERATOR, path="/console?wall=1", viewport={"width": 1920, "height": 1080}
    )
    incident = await caller.send(severity="red")
    await expect(page.locator("li.unsigned")).to_be_visible()
    text = await page.inner_text("body")
    for name in ("王某某", "00000000001", "张甲", "operator-"):
        assert name not in text
    assert await page.locator("button, a, input, select").count() == 0
    assert await faults_of(page) == []
    await page.wait_for_timeout(1000)
    assert (await caller.incident(incident))["state"] == "open"


@pytest.mark.timeout(240)
async def test_the_wall_keeps_its_memory_over_thousands_of_events(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.OPERATOR, path="/console?wall=1")
    incident = await caller.send()
    await expect(page.locator("li.unsigned")).to_be_visible()
    state = await caller.incident(incident)
    session = await page.context.new_cdp_session(page)
    sizes = []
    for part in range(3):
        await page.evaluate(EVENTS, [state, part * 5000, 5000])
        await session.send("HeapProfiler.collectGarbage")
        used = await session.send("Runtime.getHeapUsage")
        sizes.append(used["usedSize"])
    assert sizes[2] - sizes[1] < 2_000_000


EVENTS = """async ([incident, from, count]) => {
  const path = location.pathname
  const channel = new BroadcastChannel(`d115:/v1/centers/${incident.center}/stream`)
  for (let n = 1; n <= count; n += 1) {
    const version = incident.version + from + n
    channel.postMessage({ say: 'told', told: { kind: 'frame', frame: {
      id: 1000 + from + n, type: 'incident.note_added.v1',
      data: { event: { version }, incident: { ...incident, version } },
    } } })
    if (n % 100 === 0) await new Promise(go => setTimeout(go))
  }
  await new Promise(go => setTimeout(go, 500))
}"""
"""Tells the page so many events, as another tab would that reads the stream."""
