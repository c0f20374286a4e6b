"""The pages as they were built: whole, with their headers, and nothing beside them."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from services.dispatcher.api import pages
from services.runtime import problems
from tests.asgi import AsgiClient

BUILT = {
    "console.html": "<!doctype html>console",
    "assets/console-abc.js": "1",
    "sw.js": "2",
    "team.webmanifest": "{}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves."""
    for name, text in BUILT.items():
        path = tmp_path / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret").write_text("not to be had")
    return tmp_path / "dist"


def client(files: dict[str, pages.File]) -> AsgiClient:
    """A caller of an app of the pages alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    app.include_router(pages.router(files, None))
    return AsgiClient(app)


async def test_a_page_comes_with_a_policy_and_is_asked_for_anew(folder: Path) -> None:
    answer = await client(pages.read(folder)).get("/console")
    assert (answer.status, answer.body) == (200, b"<!doctype html>console")
    headers = answer.headers
    assert headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_what_carries_its_digest_is_kept_for_ever(folder: Path) -> None:
    answer = await client(pages.read(folder)).get("/assets/console-abc.js")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_what_is_known_is_not_sent_again(folder: Path) -> None:
    caller = client(pages.read(folder))
    tag = (await caller.get("/console")).headers["etag"]
    again = await caller.get("/console", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/assets/../secret", "/assets/%2e%2e/secret", "/../secret", "/assets/none.js"]
)
async def test_nothing_beside_the_build_is_to_be_had(folder: Path, path: str) -> None:
    answer = await client(pages.read(folder)).get(path)
    assert answer.status == 404


async def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    answer = await client(pages.read(tmp_path / "none")).get("/console")
    assert answer.status == 503
    assert answer.json()["type"] == "/problems/pages-not-built"
    assert "make web" in answer.json()["detail"]


async def test_who_is_not_signed_in_is_led_to_where_one_signs_in(folder: Path) -> None:
    answer = await client(pages.read(folder)).get("/")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")


def test_a_folder_that_is_no_build_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="no build of the pages"):
        pages.read(folder)
