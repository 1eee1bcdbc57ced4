"""The page in Chromium, led to any bot, with a mouth and an ear of the benchmark's."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page, async_playwright

from local.part import REPOSITORY, PartFailedError
from tests import chromium

Heard = NDArray[np.float64]
"""Rows of time in seconds and loudness of loudspeaker and microphone, one for 128 samples."""

AUDIBLE = 0.004
"""Root mean square of full scale above which the agent is heard."""

_CLIENT = REPOSITORY / "services" / "client"
_EARS = (Path(__file__).parent / "ears.js").read_text()

_BUILD_SECONDS = 120
_SWITCHES = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--no-first-run",
    "--no-sandbox",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


async def build(folder: Path) -> Path:
    """Builds the page as it is deployed."""
    vite = str(_CLIENT / "node_modules" / "vite" / "bin" / "vite.js")
    building = await asyncio.create_subprocess_exec(
        *("node", vite, "build", "--outDir", str(folder), "--emptyOutDir"),
        cwd=_CLIENT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_BUILD_SECONDS):
        _, errors = await building.communicate()
    if building.returncode:
        raise PartFailedError(f"the page could not be built: {errors.decode()[-400:]}")
    return folder


class Caller:
    """A caller on the page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._heard: Heard = np.empty((0, 3))

    async def start(self) -> None:
        """Starts the call and waits until it is on."""
        await self._page.get_by_role("button", name="Start call").click()
        live = self._page.locator("#call[data-phase=live], #call[data-phase=failed]")
        await live.wait_for(timeout=30_000)
        if await self._page.locator("#call[data-phase=failed]").count():
            await self._page.get_by_role("button", name="Debug log", exact=True).click()
            why = (await self._page.locator("#log-entries").inner_text())[-300:]
            raise PartFailedError(f"the page could not call: {why}")

    async def say(self, pcm: bytes) -> float:
        """Says something at once; the time, in seconds of the page's audio."""
        encoded = base64.b64encode(pcm).decode()
        return float(await self._page.evaluate("pcm => window.bench.say(pcm)", encoded))

    async def listen(self) -> Heard:
        """Everything that was heard so far."""
        new: list[float] = await self._page.evaluate("() => window.bench.heard()")
        self._heard = np.concatenate([self._heard, np.array(new).reshape(-1, 3)])
        return self._heard

    async def until_agent_speaks(self, since: float, seconds: float = 20) -> float:
        """Waits until the agent is audible after a time; that time."""
        async with asyncio.timeout(seconds):
            while True:
                heard = await self.listen()
                found = heard[(heard[:, 0] > since) & (heard[:, 1] > AUDIBLE)]
                if len(found):
                    return float(found[0, 0])
                await asyncio.sleep(0.05)

    async def until(self, time: float) -> Heard:
        """Waits until the page's audio has come to a time."""
        while True:
            heard = await self.listen()
            if len(heard) and heard[-1, 0] >= time:
                return heard
            await asyncio.sleep(0.05)

    async def interruptions(self) -> int:
        """How many turns of the agent's the page shows as interrupted."""
        return await self._page.locator("#transcript [data-interrupted=true]").count()


@asynccontextmanager
async def caller_on(built: Path, web_socket: str) -> AsyncIterator[Caller]:
    """Opens the built page, whose `/connect` leads to a WebSocket's address."""
    program = chromium.find()
    if program is None:
        raise PartFailedError(chromium.MISSING)
    with _serving(built, web_socket) as origin:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=program, args=[*_SWITCHES])
            try:
                context = await browser.new_context()
                await context.grant_permissions(["microphone"], origin=origin)
                page = await context.new_page()
                await page.add_init_script(_EARS)
                await page.goto(origin)
                yield Caller(page)
            finally:
                await browser.close()


@contextmanager
def _serving(built: Path, web_socket: str) -> Iterator[str]:
    handler = partial(_Page, web_socket, directory=str(built))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()


class _Page(SimpleHTTPRequestHandler):
    """Gives out the page, and the one answer of a connect server's."""

    def __init__(self, web_socket: str, *rest: Any, **more: Any) -> None:  # noqa: ANN401
        self._answer = {"session_id": "ses_1", "bot_id": "bot_1", "resume": "r"}
        self._answer["wsUrl"] = web_socket
        super().__init__(*rest, **more)

    def do_POST(self) -> None:
        """Answers `/connect`."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps(self._answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the benchmark has its own words."""
