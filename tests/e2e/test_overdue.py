"""What is overdue is said on the console and judged once; what was is printed with its rules."""

from playwright.async_api import expect

from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.grounds import PARK
from tests.e2e.looks import faults_of
from tests.e2e.operating import card, console, row
from tests.e2e.people import Visitors


async def test_after_a_minute_the_leg_is_overdue_by_sign_and_word_and_breached_once(
    quick_visitors: Visitors, quick_caller: Caller
) -> None:
    page = await console(quick_visitors)
    incident = await quick_caller.send()
    await row(page, incident).click()
    await expect(card(page).locator(".ring.over").first).to_be_visible(timeout=15_000)
    await expect(row(page, incident)).to_contain_text("超时")
    breached: list[str] = []
    for _ in range(40):
        told = await quick_caller.as_(Role.SUPERVISOR, PARK).get(f"/v1/timing/{incident}")
        breached = [each["leg"] for each in told["legs"] if each["outcome"] == "breached"]
        if "acknowledge" in breached:
            break
        await page.wait_for_timeout(250)
    assert breached.count("acknowledge") == 1


async def test_the_printed_record_has_every_stamp_the_rules_and_the_log_s_hash(
    visitors: Visitors, caller: Caller
) -> None:
    incident = await caller.send(status="exercise", category="<b>演练</b>")
    team = caller.ground.teams[0]
    await caller.act(incident, "receipt", role=Role.OPERATOR)
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    await caller.act(incident, "assign", role=Role.OPERATOR, teams=[team])
    for verb in ("accept", "depart", "arrive", "resolve"):
        await caller.act(incident, verb, role=Role.TEAM)
    await caller.act(incident, "close", role=Role.OPERATOR, disposition="handled_on_site")
    page = await visitors.page(Role.OPERATOR, path=f"/record?incident={incident}")
    sheet = page.locator("article")
    await expect(sheet).to_contain_text("【演练】")
    for stamp in ("接收", "送达", "签收", "下派", "接令", "出发", "到场", "处置反馈", "办结"):
        await expect(sheet).to_contain_text(stamp)
    await expect(sheet).to_contain_text("下派 至 到场，300 秒内")
    await expect(sheet).to_contain_text("<b>演练</b>")
    events = await caller.as_(Role.OPERATOR).get(f"/v1/incidents/{incident}/events")
    await expect(sheet).to_contain_text(events["events"][-1]["hash"])
    assert await faults_of(page) == []
    assert len(await page.pdf()) > 10_000
