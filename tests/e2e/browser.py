"""Debian's Chromium: found, started, and each page of it watched for what must never happen."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    async_playwright,
)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=user-gesture-required",
)
_NAMES = ("chromium", "chromium-browser")
_EXPECTED = ("Failed to load resource",)  # a refusal the page tells of; the browser says it as well


def find() -> str:
    """Return the browser's path; without one, tests fail in CI and are skipped elsewhere."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        why = "no Chromium here: install Debian's packages chromium and fonts-wqy-microhei"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return found


@asynccontextmanager
async def playing() -> AsyncIterator[Playwright]:
    """Start Playwright, and stop it at the end."""
    async with async_playwright() as playwright:
        yield playwright


@asynccontextmanager
async def browsing(playwright: Playwright) -> AsyncIterator[Browser]:
    """Start a browser, and close it at the end."""
    browser = await playwright.chromium.launch(executable_path=find(), args=[*ARGUMENTS])
    try:
        yield browser
    finally:
        await browser.close()


class Watch:
    """Notes what no page may do: leave its origin, break its content policy, raise an error."""

    def __init__(self, origin: str) -> None:
        """Take the one host that pages may speak to."""
        self._host = urlsplit(origin).netloc
        self.faults: list[str] = []

    def over(self, page: Page) -> Page:
        """Watch a page from now on."""
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", self._said)
        return page

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._host:
            self.faults.append(f"left the origin: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.faults.append(f"console: {message.text}")
