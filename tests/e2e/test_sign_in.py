"""Signing in: on to one's own page, refused in plain words, and nothing for who forges."""

import json

from playwright.async_api import expect

from services.runtime.auth import Role
from tests.e2e.looks import faults_of, small_targets
from tests.e2e.people import PAGES, PASSWORD, Visitors


async def test_signing_in_leads_to_one_s_own_page(visitors: Visitors) -> None:
    whom = await visitors.known(Role.OPERATOR)
    context = await visitors.browser.new_context(locale="zh-CN")
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/")
    await page.wait_for_url("**/sign-in")
    assert await faults_of(page) == []
    assert await small_targets(page) == []
    await page.get_by_label("账号").fill(whom.name)
    await page.get_by_label("口令").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{PAGES[Role.OPERATOR]}")
    await context.close()


async def test_a_wrong_password_is_said_in_words_and_keeps_what_was_typed(
    visitors: Visitors,
) -> None:
    whom = await visitors.known(Role.OPERATOR)
    context = await visitors.browser.new_context(locale="zh-CN")
    page = visitors.watch.over(await context.new_page())
    await page.goto(f"{visitors.origin}/sign-in")
    await page.get_by_label("账号").fill(whom.name)
    await page.get_by_label("口令").fill("not this one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("账号或口令不对")
    await expect(page.get_by_label("账号")).to_have_value(whom.name)
    await context.close()


async def test_a_forged_pass_a_foreign_page_and_a_replayed_form_get_nothing(
    visitors: Visitors,
) -> None:
    context = await visitors.context(Role.OPERATOR)
    origin, center = visitors.origin, visitors.ground.center
    own = {"X-D115-Page": "1", "Origin": origin}
    away = f"{origin}/v1/centers/{center}/away"
    passes = {each["name"]: each["value"] for each in await context.cookies()}

    plain = await context.request.post(away, data="{}", headers={"Content-Type": "text/plain"})
    assert plain.status == 403  # a form of any site can send this; it lacks the page's header
    foreign = await context.request.post(
        away, data={}, headers=own | {"Origin": "https://evil.example"}
    )
    assert (foreign.status, (await foreign.json())["type"]) == (403, "/problems/cross-site")
    assert (await context.request.post(away, data={}, headers=own)).ok

    head, body, mark = passes["d115_pass"].split(".")
    forged = f"{head}.{body[:-2]}xx.{mark}"
    bare = await visitors.browser.new_context()
    board = f"{origin}/v1/centers/{center}/board"
    for token in (forged, f"{head}.{body}.", "nonsense"):
        answer = await bare.request.get(board, headers={"Cookie": f"d115_pass={token}"})
        assert answer.status == 401, token
    await bare.close()


async def test_after_signing_out_the_session_is_gone(visitors: Visitors) -> None:
    context = await visitors.context(Role.OPERATOR)
    cookies = await context.cookies()
    gone = await context.request.delete(
        f"{visitors.origin}/v1/session",
        headers={"X-D115-Page": "1", "Origin": visitors.origin},
    )
    assert gone.status == 204
    await context.add_cookies(cookies)  # type: ignore[arg-type]  # what it gave, it takes
    replayed = await context.request.get(f"{visitors.origin}/v1/session")
    assert replayed.status == 401
    assert json.loads(await replayed.text())["type"] == "/problems/session-lapsed"
