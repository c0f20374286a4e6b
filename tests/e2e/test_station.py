"""The police station's page: sent once, followed live, and plain about what did not arrive."""

from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.looks import dress, faults_of, first_paint_ms, small_targets
from tests.e2e.operating import console, row
from tests.e2e.people import Visitors

WIDE = {"width": 1440, "height": 900}


async def station(visitors: Visitors) -> Page:
    """Open the station's page, with the ground's center chosen."""
    page = await visitors.page(Role.STATION, viewport=WIDE)
    await page.get_by_label("企业微中心").select_option(visitors.ground.center)
    return page


async def fill(page: Page, text: str = "两人争执，已有推搡") -> None:
    """Write an alert."""
    await page.get_by_label("警情类别").fill("纠纷")
    await page.get_by_label("案情").fill(text)


async def test_an_alert_is_sent_and_followed_to_its_outcome(
    visitors: Visitors, caller: Caller
) -> None:
    operator = await console(visitors)
    page = await station(visitors)
    await expect(page.locator(".ready")).to_contain_text("在线")
    await fill(page)
    await page.keyboard.press("Control+Enter")
    sent = page.locator("[data-incident]").first
    await expect(sent).to_contain_text("已送达", timeout=10_000)
    incident = await sent.get_attribute("data-incident")
    assert incident is not None
    await operator.keyboard.press("F2")
    await expect(sent).to_contain_text("已签收")

    team = caller.ground.teams[0]

    id_ = UUID(incident)
    await caller.act(id_, "assign", role=Role.OPERATOR, teams=[team])
    for verb in ("accept", "depart", "arrive", "resolve"):
        await caller.act(id_, verb, role=Role.TEAM)
    await caller.act(id_, "close", role=Role.OPERATOR, disposition="handled_on_site")
    await expect(sent).to_contain_text("已反馈")
    await sent.click()
    await expect(page.locator("article.followed")).to_contain_text("现场处置完毕")


async def test_where_nobody_is_there_it_says_so_before_and_after_sending(
    visitors: Visitors,
) -> None:
    page = await station(visitors)
    await expect(page.locator(".ready.offline")).to_contain_text("失联")
    telephone = f"000-0000-{visitors.ground.number:04}"
    await expect(page.locator(".ready.offline")).to_contain_text(telephone)
    await fill(page)
    await page.get_by_role("button", name="发送", exact=False).last.click()
    await expect(page.locator(".row .warn").first).to_contain_text(telephone, timeout=10_000)


async def test_a_reload_loses_nothing_and_a_second_try_is_the_same_alert(
    visitors: Visitors, caller: Caller
) -> None:
    page = await station(visitors)
    await fill(page)
    number = await page.locator("form .number").text_content()
    await page.route("**/v1/alerts", lambda route: route.abort())
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("内容已保留")).to_be_visible(timeout=20_000)
    await page.unroute_all(behavior="ignoreErrors")
    await page.reload()
    await expect(page.get_by_label("案情")).to_have_value("两人争执，已有推搡")
    assert await page.locator("form .number").text_content() == number
    await page.get_by_label("案情").press("Control+Enter")
    await expect(page.locator("[data-incident]")).to_have_count(1)
    found = await caller.as_(Role.STATION).get("/v1/incidents")
    for _ in range(20):
        if found["incidents"]:
            break
        await page.wait_for_timeout(250)
        found = await caller.as_(Role.STATION).get("/v1/incidents")
    assert [each["alert"]["reference"]["number"] for each in found["incidents"]] == [number]


async def test_what_is_missing_is_said_at_its_field_and_nothing_is_sent(
    visitors: Visitors, caller: Caller
) -> None:
    page = await station(visitors)
    await page.get_by_label("案情").press("Control+Enter")
    await expect(page.locator(".field.faulty")).to_have_count(2)
    assert (await caller.as_(Role.STATION).get("/v1/incidents"))["incidents"] == []


async def test_a_question_of_the_station_reaches_the_console(
    visitors: Visitors, caller: Caller
) -> None:
    operator = await console(visitors)
    incident = await caller.send()
    page = await station(visitors)
    await row(page, incident).click()
    await page.locator("article.followed").get_by_role("button", name="询问").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("内容").fill("<b>现场几人？</b>")
    await dialog.get_by_role("button", name="询问").click()
    await expect(dialog).to_have_count(0)
    await row(operator, incident).click()
    await expect(operator.locator(".questions")).to_contain_text("待答复")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_station_is_usable_by_everybody(
    visitors: Visitors, caller: Caller, theme: str, language: str
) -> None:
    incident = await caller.send()
    context = await visitors.context(Role.STATION, viewport=WIDE)
    await dress(context, theme=theme, language=language)
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/station")
    await row(page, incident).click()
    await expect(page.locator("article.followed .ring").first).to_be_visible()
    assert await faults_of(page) == []
    assert await small_targets(page) == []
    assert await first_paint_ms(page) <= 1000
