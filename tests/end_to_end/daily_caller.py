"""A caller who goes through a room of Daily's that is played here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserType, Page, Route, expect

from tests.end_to_end.caller import Caller, calling
from tests.local_stack import LocalStack

_ROOM = (Path(__file__).parent / "daily_room.js").read_text()

# What of the page's policy is about scripts; the rest would stop Vite's development server.
_POLICY = """
addEventListener("DOMContentLoaded", () => {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "script-src 'self' https://c.daily.co; require-trusted-types-for 'script'";
  document.head.append(policy);
});
"""


# Playwright hangs attributes of its own on whoever answers a route, so there are no slots.
@dataclass(repr=False)
class DailyCaller:
    """A caller who chose Daily, where `/connect` and c.daily.co are answered here.

    Attributes:
        asked: The bodies that the page sent to `/connect`.
        refuse_return: Status with which `/connect` answers whoever comes back; None to let them.
        cloud: Answers for c.daily.co instead of the stand-in.
    """

    asked: list[dict[str, Any]] = field(default_factory=list)
    refuse_return: int | None = None
    cloud: Callable[[Route], None] | None = None
    caller: Caller = field(init=False)

    def answer_for_others(self, page: Page) -> None:
        """Take the requests that the page sends to the connect server and to Daily."""
        page.route("**/connect", self._connect)
        page.route("https://c.daily.co/**", self._daily)
        page.add_init_script(_POLICY)

    def start(self, *, agent: str = "'first'") -> None:
        """Call, join the room, and meet an agent there."""
        self.caller.page.get_by_role("button", name="Start call").click()
        self.wait_until_in_room(1)
        self.room(f"join({agent})")
        self.caller.wait_for_phase("live")

    def wait_until_in_room(self, number: int) -> None:
        """Wait until the page has joined the room that it was given as number `number`."""
        self.caller.page.wait_for_function(
            f"() => window.rooms?.length === {number} && window.rooms.at(-1).joined"
        )

    @property
    def problems(self) -> list[str]:
        """Exceptions in the page, without Chromium's remarks on requests that failed."""
        remark = "Failed to load resource"
        return [text for text in self.caller.problems if not text.startswith(remark)]

    def room(self, expression: str) -> Any:  # noqa: ANN401  whatever the expression gives
        """Do or read something in the room where the caller is."""
        return self.caller.page.evaluate(f"() => window.rooms.at(-1).{expression}")

    def wait_for_title(self, text: str) -> None:
        """Wait until the page's status says this."""
        expect(self.caller.page.locator("#status-title")).to_have_text(text, timeout=20_000)

    def _connect(self, route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        self.asked.append(asked)
        if "resume" in asked and self.refuse_return:
            problem = {"type": "/problems/session-ended", "title": "Call is over", "detail": "No."}
            route.fulfill(
                status=self.refuse_return,
                content_type="application/problem+json",
                body=json.dumps(problem),
            )
            return
        number = len(self.asked)
        answer = {"session_id": "ses_1", "bot_id": "bot_1", "resume": f"resume-{number}"}
        room = {"room_url": f"https://127.0.0.1:9/voice-{number}", "token": f"token-{number}"}
        route.fulfill(json=answer | room)

    def _daily(self, route: Route) -> None:
        if self.cloud:
            self.cloud(route)
        else:
            route.fulfill(content_type="text/javascript", body=_ROOM)


@contextmanager
def calling_over_daily(
    stack: LocalStack,
    browser_type: BrowserType,
    **options: Any,  # noqa: ANN401  of DailyCaller and of the browser context
) -> Iterator[DailyCaller]:
    """Open the page with Daily chosen in its address."""
    mine = {key: options.pop(key) for key in ("refuse_return", "cloud") if key in options}
    daily = DailyCaller(**mine)
    url = f"{stack.page_url}/?transport=daily"
    with calling(browser_type, url, prepare=daily.answer_for_others, **options) as caller:
        daily.caller = caller
        yield daily
