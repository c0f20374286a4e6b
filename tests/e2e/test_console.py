"""The console: loud until signed for, worked by keyboard alone, clear about who did what."""

import pytest
from playwright.async_api import Page, expect

from services.cli.client import open_session
from services.cli.instance.instance import Instance
from services.runtime.auth import Role
from tests.e2e.caller import Caller
from tests.e2e.grounds import PARK
from tests.e2e.operating import card, console, row, settled, tones
from tests.e2e.people import Visitors, person

WRONG_CLOCK = """
const real = Date.now.bind(Date)
Date = class extends Date {
  constructor(...given) { given.length === 0 ? super(real() + 300000) : super(...given) }
  static now() { return real() + 300000 }
}
"""
"""The computer's clock is five minutes fast."""


async def test_a_new_alert_is_seen_and_heard_within_a_second_until_it_is_signed_for(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors)
    assert await settled(page) == 0
    before = await tones(page)
    incident = await caller.send()
    await expect(row(page, incident)).to_be_visible(timeout=1000)
    await page.wait_for_function(f"window.__heard.length > {before}", timeout=1000)

    await row(page, incident).click()  # having seen it is not having signed for it
    assert await settled(page) > 0
    await page.keyboard.press("F2")
    await expect(row(page, incident)).to_contain_text("已签收")
    assert await settled(page) == 0


async def test_a_mute_settles_nothing_and_ends_at_the_next_alert(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors)
    first = await caller.send()
    await expect(row(page, first)).to_be_visible()
    await page.keyboard.press("F6")
    await expect(page.get_by_role("button", name="静音中")).to_be_visible()
    assert await settled(page) == 0
    await expect(row(page, first)).to_contain_text("未签收")

    second = await caller.send()
    await expect(row(page, second)).to_be_visible()
    await expect(page.get_by_role("button", name="静音中")).to_have_count(0)
    assert await settled(page) > 0


async def test_only_a_desk_on_shift_that_can_be_heard_confirms_receipt(
    visitors: Visitors, caller: Caller
) -> None:
    page = await visitors.page(Role.OPERATOR)
    await expect(page.get_by_role("dialog")).to_be_visible()
    incident = await caller.send()
    await expect(row(page, incident)).to_be_visible()
    await page.wait_for_timeout(1500)
    assert (await caller.incident(incident))["state"] == "open"

    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="播放测试音").click()
    await dialog.get_by_role("button", name="听到了").click()
    await expect(row(page, incident)).to_contain_text("签收")
    await page.wait_for_function("true")
    for _ in range(20):
        if (await caller.incident(incident))["state"] == "pushed":
            break
        await page.wait_for_timeout(250)
    assert (await caller.incident(incident))["state"] == "pushed"


async def test_a_shift_without_sound_is_told_to_the_park(
    visitors: Visitors, instance: Instance
) -> None:
    page = await visitors.page(Role.OPERATOR)
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="播放测试音").click()
    await dialog.get_by_role("button", name="没有听到").click()
    await dialog.get_by_label("原因").fill("音箱损坏，已报修")
    await dialog.get_by_role("button", name="无声开班").click()
    await expect(dialog).to_have_count(0)

    async with open_session() as session:
        park = instance.client_of(session, Role.SUPERVISOR, PARK)
        states: dict[str, str] = {}
        for _ in range(20):
            told = await park.get("/v1/centers/readiness")
            states = {each["center"]: each["state"] for each in told["centers"]}
            if states[visitors.ground.center] == "silent":
                break
            await page.wait_for_timeout(250)
    assert states[visitors.ground.center] == "silent"


async def test_a_wrong_clock_of_the_computer_moves_no_ring(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors, init=WRONG_CLOCK)
    incident = await caller.send()
    await row(page, incident).click()
    await page.keyboard.press("F2")
    await expect(card(page).locator(".ring.over")).to_have_count(0)
    left = await card(page).locator(".ring.running .digits").first.text_content()
    assert left is not None
    minutes, seconds = map(int, left.split(":"))
    assert 0 <= minutes * 60 + seconds <= 65  # five minutes off it would be overdue, or far from it


async def test_of_two_who_send_a_team_at_once_one_wins_and_the_other_is_told(
    visitors: Visitors, caller: Caller
) -> None:
    first = await console(visitors)
    second = await console(visitors, number=2)
    incident = await caller.send()
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    for page in (first, second):
        await row(page, incident).click()
        await expect(page.locator(f'[data-team="{caller.ground.teams[0]}"]')).to_be_enabled()
        await page.keyboard.press("1")
    await first.keyboard.press("Enter")
    await second.keyboard.press("Enter")

    for page in (first, second):
        await expect(row(page, incident)).to_contain_text("已下派")
    found = await caller.incident(incident)
    assert [entry["team"] for entry in found["assignments"]] == [caller.ground.teams[0]]


async def test_nothing_is_closed_without_an_outcome_and_a_return_works(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors)
    incident = await caller.send()
    team = caller.ground.teams[0]
    await caller.act(incident, "acknowledge", role=Role.OPERATOR)
    await caller.act(incident, "assign", role=Role.OPERATOR, teams=[team])
    for verb in ("accept", "depart", "arrive", "resolve"):
        await caller.act(incident, verb, role=Role.TEAM)
    await row(page, incident).click()
    await expect(row(page, incident)).to_contain_text("待办结")

    await card(page).get_by_role("button", name="退回补充").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因").select_option("incomplete")
    await dialog.get_by_role("button", name="退回补充").click()
    await expect(dialog).to_have_count(0)
    await expect(row(page, incident)).not_to_contain_text("待办结")

    await caller.act(incident, "resolve", role=Role.TEAM)
    await expect(row(page, incident)).to_contain_text("待办结")
    await card(page).get_by_role("button", name="办结").click()
    await dialog.get_by_role("button", name="办结").click()
    await expect(dialog.get_by_text("必填")).to_be_visible()
    assert (await caller.incident(incident))["state"] == "resolved"
    await dialog.get_by_label("处置结果").select_option("handled_on_site")
    await dialog.get_by_role("button", name="办结").click()
    await expect(row(page, incident)).to_have_count(0)
    assert (await caller.incident(incident))["state"] == "closed"


async def compose(page: Page, key: str) -> None:
    """Press a key in the middle of an input method's composition."""
    await page.evaluate(
        "key => document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " { key, bubbles: true, cancelable: true, isComposing: true }))",
        key,
    )


async def test_a_whole_life_goes_by_keyboard_and_nothing_fires_while_composing(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors)
    incident = await caller.send()
    await expect(row(page, incident)).to_be_visible()
    for key in ("F2", "F4", "Enter", "1"):
        await compose(page, key)
    await page.wait_for_timeout(500)
    assert (await caller.incident(incident))["state"] in {"open", "pushed"}

    await page.keyboard.press("F2")
    await expect(row(page, incident)).to_contain_text("已签收")
    await expect(page.locator(f'[data-team="{caller.ground.teams[0]}"]')).to_be_enabled()
    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await expect(row(page, incident)).to_contain_text("已下派")
    for verb in ("accept", "depart", "arrive", "resolve"):
        await caller.act(incident, verb, role=Role.TEAM)
    await expect(row(page, incident)).to_contain_text("待办结")
    await page.keyboard.press("Enter")
    outcome = page.get_by_role("dialog").get_by_label("处置结果")
    await outcome.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Control+Enter")
    await expect(row(page, incident)).to_have_count(0)
    closed = await caller.incident(incident)
    assert (closed["state"], closed["disposition"]) == ("closed", "mediated_on_site")


async def test_a_hand_over_leaves_no_incident_without_an_owner(
    visitors: Visitors, caller: Caller
) -> None:
    leaving, coming = await console(visitors), await console(visitors, number=2)
    incident = await caller.send()
    await row(leaving, incident).click()
    await leaving.keyboard.press("F2")
    await expect(row(leaving, incident)).to_contain_text("已签收")
    before = (await caller.incident(incident))["operator"]

    await leaving.keyboard.press("F8")
    theirs = leaving.get_by_role("dialog")
    await theirs.get_by_label("接班人").fill(person(Role.OPERATOR, caller.ground, number=2).name)
    await theirs.get_by_role("button", name="生成交接清单").click()
    await expect(theirs.get_by_role("button", name="完成交接")).to_be_disabled()
    assert (await caller.incident(incident))["operator"] == before

    await coming.keyboard.press("F8")
    dialog = coming.get_by_role("dialog")
    await dialog.get_by_role("button", name="接收", exact=True).click()
    await expect(dialog.get_by_role("button", name="完成交接")).to_be_enabled()
    await dialog.get_by_role("button", name="完成交接").click()
    await expect(dialog.get_by_text("交接完成")).to_be_visible()
    assert (await caller.incident(incident))["operator"] not in {None, before}


async def test_a_drill_is_framed_and_stays_behind_what_is_real(
    visitors: Visitors, caller: Caller
) -> None:
    page = await console(visitors)
    drill = await caller.send(status="exercise", severity="red")
    real = await caller.send(severity="blue")
    await expect(row(page, drill)).to_contain_text("演练")
    await expect(row(page, real)).to_be_visible()
    first = page.locator("[data-incident]").first
    await expect(first).to_have_attribute("data-incident", str(real))
    await row(page, drill).click()
    await expect(page.get_by_text("演练 · 以下均为演练内容")).to_be_visible()


@pytest.mark.parametrize("field", ["text", "category"])
async def test_what_was_said_is_shown_as_text_and_runs_nowhere(
    visitors: Visitors, caller: Caller, field: str
) -> None:
    evil = "<img src=x onerror=window.__ran=1>"
    page = await console(visitors)
    incident = await caller.send(**{field: evil})
    await row(page, incident).click()
    await page.keyboard.press("F2")
    await expect(card(page)).to_contain_text(evil)
    assert await page.evaluate("window.__ran") is None
