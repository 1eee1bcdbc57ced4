"""The page of `make calls PAGE=1`, in a real browser."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from calls.page.serving import Calls, application
from calls.shelf import Shelf
from tests import chromium
from tests.calls.conftest import EVIL, Stored

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("calls_page")]

KEY = "the-key-of-the-tests"


@pytest.fixture(scope="module")
def address(stored: Stored, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is served."""
    since = datetime.now(UTC).date() - timedelta(days=1)
    calls = Calls(Shelf(stored.place), tmp_path_factory.mktemp("sound"), since)
    config = uvicorn.Config(application(calls, KEY), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = chromium.find()
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.goto(f"{address}/?key={KEY}")
    yield page
    context.close()
    assert problems == []


def test_a_call_is_read_and_played_in_step(page: Page, stored: Stored, tmp_path: Path) -> None:
    page.get_by_role("button", name="order-desk").click()
    expect(page.get_by_role("heading", name=stored.recorded)).to_be_visible()
    said = page.get_by_role("list", name="Transcript").get_by_role("listitem")
    expect(said).to_have_count(4)
    expect(said.nth(1)).to_contain_text("Where is my blue kettle?")
    expect(said.nth(2)).to_contain_text("track_order: answered")
    expect(page.get_by_text("at list prices of")).to_contain_text("$0.0180")

    said.nth(1).get_by_role("button").click()
    page.wait_for_function("() => document.getElementById('sound').currentTime > 3.2")
    expect(said.nth(1)).to_have_attribute("aria-current", "true")
    page.wait_for_function("() => document.querySelector('.assistant[aria-current]') !== null")
    painted = page.evaluate(
        "() => { const c = document.getElementById('wave');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"
    )
    assert painted > 1000
    page.screenshot(path=tmp_path / "page.png")


def test_what_was_said_is_shown_as_it_was_said(page: Page, stored: Stored) -> None:
    page.get_by_role("button", name="it-help-desk").click()
    expect(page.get_by_role("list", name="Transcript")).to_contain_text("<script>document.title=2")
    assert page.title() == "Calls"
    assert "<img" in EVIL
    assert page.locator("main img, main script").count() == 0


def test_calls_are_found_by_words_and_filters(page: Page, stored: Stored) -> None:
    expect(page.get_by_role("status")).to_have_text("2 calls")
    page.get_by_label("Words that were said").fill("kett")
    expect(page.get_by_role("status")).to_have_text("1 call")
    expect(page.locator("#list mark")).to_have_text("kettle")
    page.get_by_label("Words that were said").fill("")
    expect(page.get_by_role("status")).to_have_text("2 calls")
    page.get_by_label("Agent", exact=True).select_option("it-help-desk")
    expect(page.get_by_role("status")).to_have_text("1 call")
    page.get_by_label("Show", exact=True).select_option("recorded")
    expect(page.get_by_role("status")).to_have_text("0 calls")


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_everybody_can_use_it(page: Page, stored: Stored, colour_scheme: str) -> None:
    page.emulate_media(color_scheme=colour_scheme)  # type: ignore[arg-type]
    page.get_by_role("button", name="order-desk").click()
    expect(page.get_by_role("heading", name=stored.recorded)).to_be_visible()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.get_by_role("button", name="it-help-desk").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=stored.evil)).to_be_visible()


def test_nobody_else_gets_in(address: str, stored: Stored) -> None:
    for path in ("/", "/page.js", "/calls", f"/calls/{stored.recorded}"):
        assert httpx.get(f"{address}{path}").status_code == 403
        assert httpx.get(f"{address}{path}?key=wrong").status_code == 403
    theirs = {"Cookie": f"calls={KEY}"}
    assert httpx.get(f"{address}/calls", headers=theirs).status_code == 200
    rebound = httpx.get(f"{address}/calls", headers={**theirs, "Host": "evil.example"})
    assert rebound.status_code == 400
    gone = httpx.get(f"{address}/calls/{'ses_' + 22 * 'x'}", headers=theirs)
    assert gone.status_code == 404
    page = httpx.get(f"{address}/", headers=theirs)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_a_recording_can_be_entered_anywhere(address: str, stored: Stored) -> None:
    theirs = {"Cookie": f"calls={KEY}"}
    assert httpx.get(f"{address}/calls/{stored.recorded}", headers=theirs).status_code == 200
    url = f"{address}/calls/{stored.recorded}/sound.wav"
    part = httpx.get(url, headers={**theirs, "Range": "bytes=1000-1999"})
    assert part.status_code == 206
    assert len(part.content) == 1000
