"""The park's page: who is ready, what is overdue, and figures that never stand alone."""

import pytest
from playwright.async_api import expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.looks import dress, faults_of, first_paint_ms, small_targets
from tests.e2e.people import PAGES, Visitors

WIDE = {"width": 1440, "height": 900}


async def test_an_open_incident_is_urged_once_and_supervised(
    visitors: Visitors, caller: Caller
) -> None:
    incident = await caller.send()
    page = await visitors.page(Role.SUPERVISOR, viewport=WIDE)
    listed = page.locator(f'[data-incident="{incident}"]')
    await listed.get_by_role("button", name="催办").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("内容").fill("请立即处置")
    await dialog.get_by_role("button", name="催办").dblclick()
    await expect(dialog).to_have_count(0)
    await listed.get_by_role("button", name="督办").click()
    await dialog.get_by_label("内容").fill("查明原因并报告")
    await dialog.get_by_role("button", name="督办").click()
    await expect(dialog).to_have_count(0)

    events = await caller.as_(Role.OPERATOR).get(f"/v1/incidents/{incident}/events")
    types = [entry["text"].partition('"type":"')[2].partition('"')[0] for entry in events["events"]]
    assert types.count("incident.urged.v1") == 1
    assert types.count("incident.supervised.v1") == 1


async def test_a_share_never_stands_without_its_numbers(visitors: Visitors, caller: Caller) -> None:
    incident = await caller.send()
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    page = await visitors.page(Role.SUPERVISOR, path="/park?view=compliance", viewport=WIDE)
    row = page.locator("tbody tr", has_text="推送").first
    await expect(row).to_contain_text("–")
    await expect(row).to_contain_text("/")
    shares = await page.locator("tbody tr", has_text="%").count()
    assert shares == await page.locator("tbody tr", has_text="–").count()


async def test_an_account_that_is_made_signs_in_and_one_that_is_shut_does_not(
    visitors: Visitors,
) -> None:
    page = await visitors.page(Role.SUPERVISOR, path="/park?view=accounts", viewport=WIDE)
    name = f"neu-{visitors.ground.number:02}"
    await page.get_by_role("button", name="新建账号").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("账号").fill(name)
    await dialog.get_by_label("显示名").fill("<b>陈戊</b>")
    await dialog.get_by_label("所属").fill(visitors.ground.center)
    await dialog.get_by_label("口令").fill("a long password")
    await dialog.get_by_role("button", name="新建账号").click()
    await expect(dialog).to_have_count(0)
    row = page.locator("tr", has_text=name)
    await expect(row).to_contain_text("<b>陈戊</b>")

    context = await visitors.browser.new_context(locale="zh-CN")
    other = visitors.watch.over(await context.new_page())
    await other.goto(f"{visitors.origin}/sign-in")
    await other.get_by_label("账号").fill(name)
    await other.get_by_label("口令").fill("a long password")
    await other.keyboard.press("Enter")
    await other.wait_for_url(f"**{PAGES[Role.OPERATOR]}")
    await row.get_by_role("button", name="停用").click()
    await expect(row).to_contain_text("已停用")
    answer = await context.request.get(f"{visitors.origin}/v1/session")
    assert answer.status == 401
    await context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_view_is_usable_by_everybody(
    visitors: Visitors, caller: Caller, theme: str, language: str
) -> None:
    await caller.send()
    context = await visitors.context(Role.SUPERVISOR, viewport=WIDE)
    await dress(context, theme=theme, language=language)
    page = visitors.watch.over(await context.new_page())
    for view in ("overview", "compliance", "accounts", "directory"):
        await page.goto(f"{visitors.origin}/park?view={view}")
        await expect(page.locator("main").locator("li, tr").first).to_be_visible()
        assert await faults_of(page) == [], view
        assert await small_targets(page) == [], view
        assert await first_paint_ms(page) <= 1000
