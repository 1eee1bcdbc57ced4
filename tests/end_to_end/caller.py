"""A caller: a Chromium with a fake microphone on the page, and what the caller sees and hears."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserType, Error, Page, expect

from tests import chromium, speech

#: Root mean square of full scale above which a person hears speech.
AUDIBLE = 0.01
#: Root mean square of full scale below which a person hears nothing.
SILENT = 0.002

# Chromium must not look for the outside world: a closed network answers each try with an error.
_SWITCHES = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
)

_MOUTH = (Path(__file__).parent / "mouth.js").read_text()

# Notes both levels and the state at every tick, so that a test can ask about the past.
_WATCH = """
() => {
  const call = document.getElementById("call");
  window.heard = [];
  setInterval(() => window.heard.push({
    at: performance.now(),
    agent: Number(call.dataset.agentLevel),
    user: Number(call.dataset.userLevel),
    phase: call.dataset.phase,
    activity: call.dataset.activity,
  }), 20);
}
"""

# A drawer that is still fading in has not its contrast yet.
_AT_REST = """
() => document.getAnimations().every(
  (animation) => animation.playState !== "running"
    || animation.effect.getComputedTiming().endTime === Infinity
)
"""


@dataclass(slots=True)
class Caller:
    """A person on the page.

    Attributes:
        page: The browser's page.
        problems: What the browser wrote to its console as errors, and exceptions in the page.
        began: When the person pressed the button, in the page's milliseconds.
    """

    page: Page
    problems: list[str] = field(default_factory=list)
    began: float = 0.0

    def start(self, *, transport: str = "websocket") -> None:
        """Press the button, over the transport named, and wait until the call is on."""
        self.choose(transport)
        self.began = self._now()
        self.page.get_by_role("button", name="Start call").click()
        self.wait_for_phase("live")

    def choose(self, transport: str) -> None:
        """Choose the transport in the settings."""
        self.page.get_by_role("button", name="Settings", exact=True).click()
        self.page.locator(f"input[name=transport][value={transport}]").check()
        self.page.get_by_role("button", name="Close settings").click()

    def say(self, *parts: str | float | bytes) -> float:
        """Begin to say recorded sentences and pauses; the time, in the page's milliseconds.

        Only where `calling` was told that the caller speaks, and while the microphone is open.
        """
        pcm = base64.b64encode(speech.say(parts)).decode("ascii")
        now = self._now()
        self.page.evaluate("([pcm, rate]) => window.say(pcm, rate)", [pcm, speech.SAMPLE_RATE])
        return now

    def wait_until_said(self) -> None:
        """Wait until all that was said has been said."""
        self.page.wait_for_function("() => window.saying === 0")

    def hang_up(self) -> None:
        """End the call and wait until the page says so."""
        self.page.get_by_role("button", name="End call").click()
        self.wait_for_phase("ended")

    def wait_for_phase(self, phase: str, seconds: float = 20) -> None:
        """Wait until the call is in `phase`."""
        expect(self.page.locator("#call")).to_have_attribute(
            "data-phase", phase, timeout=seconds * 1000
        )

    def wait_to_read(self, role: str, pattern: str, seconds: float = 30) -> None:
        """Wait until the transcript has an item of `role` whose text matches."""
        item = self.page.locator(f"#transcript [data-role={role}]").filter(
            has_text=re.compile(pattern, re.IGNORECASE)
        )
        expect(item.last).to_be_visible(timeout=seconds * 1000)

    def wait_to_be_greeted(self) -> None:
        """Wait until the agent has greeted and is silent."""
        heard = self.wait_to_hear(since=self.began)
        self.wait_for_silence(since=heard, for_ms=500)

    def wait_to_hear(self, seconds: float = 30, *, since: float | None = None) -> float:
        """Wait until the agent was audible `since` then, or from now on; when, in milliseconds."""
        return self._wait_for_level(f"sample.agent > {AUDIBLE}", seconds, since=since)

    def wait_to_be_speaking(self, seconds: float = 30) -> float:
        """Wait until the person speaks from now on; the time, in the page's milliseconds."""
        return self._wait_for_level(f"sample.user > {AUDIBLE}", seconds)

    def wait_to_talk_over(self, since: float, seconds: float = 20) -> float:
        """Wait until both spoke at once `since` then; when, in the page's milliseconds."""
        both = f"sample.user > {AUDIBLE} && sample.agent > {SILENT}"
        return self._wait_for_level(both, seconds, since=since)

    def wait_for_silence(
        self, seconds: float = 30, *, since: float | None = None, for_ms: int = 300
    ) -> float:
        """Wait until the agent has been inaudible for a while; when that began, in milliseconds."""
        return self._wait_for_level(f"sample.agent < {SILENT}", seconds, since=since, for_ms=for_ms)

    def transcript(self) -> list[tuple[str, str]]:
        """What stands in the transcript: role and text of each item."""
        return [
            (item["role"], item["text"])
            for item in self.page.evaluate(
                "() => [...document.querySelectorAll('#transcript [data-role]')].map("
                "row => ({role: row.dataset.role, text: row.querySelector('p').innerText}))"
            )
        ]

    def assert_accessible(self) -> None:
        """Scan the page with axe once it has come to rest; no violation is allowed."""
        self.page.wait_for_function(_AT_REST)
        results = Axe().run(self.page)
        assert results.violations_count == 0, results.generate_report()

    def _now(self) -> float:
        return float(self.page.evaluate("performance.now()"))

    def _wait_for_level(
        self, condition: str, seconds: float, *, since: float | None = None, for_ms: int = 0
    ) -> float:
        handle = self.page.wait_for_function(
            "([from, holding]) => {"
            "  let since = null;"
            "  for (const sample of window.heard) {"
            "    if (sample.at < from) continue;"
            f"    if (!({condition})) {{ since = null; continue; }}"
            "    since ??= sample.at;"
            "    if (sample.at - since >= holding) return since;"
            "  }"
            "  return null;"
            "}",
            arg=[self._now() if since is None else since, for_ms],
            timeout=seconds * 1000,
        )
        return float(handle.json_value())


@contextmanager
def calling(
    browser_type: BrowserType,
    url: str,
    *,
    microphone: Path | None = None,
    speaks: bool = False,
    allow_microphone: bool = True,
    switches: tuple[str, ...] = (),
    prepare: Callable[[Page], None] | None = None,
    **context: Any,  # noqa: ANN401  Playwright's own options
) -> Iterator[Caller]:
    """Open the page in a browser of its own.

    Args:
        browser_type: Playwright's Chromium.
        url: The page.
        microphone: A 16-bit mono WAV file that the microphone hears once, from when it is opened.
        speaks: Whether the microphone hears what the caller is told to `say`, and nothing else.
        allow_microphone: Whether the person allows the microphone when asked.
        switches: More switches for Chromium.
        prepare: Is given the browser's page before it opens `url`, to answer requests in its place.
        context: Options of the browser context, such as `viewport`.
    """
    program = chromium.find()
    assert program is not None, chromium.MISSING
    more = list(switches)
    if microphone:
        more.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
    if allow_microphone:
        more.append("--use-fake-ui-for-media-stream")
    browser = browser_type.launch(executable_path=program, args=[*_SWITCHES, *more])
    try:
        opened = browser.new_context(**context)
        if allow_microphone:
            opened.grant_permissions(["microphone"], origin=url)
        page = opened.new_page()
        caller = Caller(page)
        page.on("pageerror", lambda error: caller.problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                caller.problems.append(message.text) if message.type == "error" else None
            ),
        )
        if speaks:
            page.add_init_script(_MOUTH)
        if prepare:
            prepare(page)
        page.goto(url)
        page.evaluate(_WATCH)
        yield caller
    except Exception as error:
        error.add_note(_seen(caller))
        raise
    finally:
        browser.close()


def _seen(caller: Caller) -> str:
    """What the person had before them, for whoever reads of a failure."""
    try:
        lines = [f"{role}: {text}" for role, text in caller.transcript()]
    except Error as error:  # a browser that is gone
        lines = [str(error)]
    return "\n".join(["On the page:", *lines, "In its console:", *caller.problems])
