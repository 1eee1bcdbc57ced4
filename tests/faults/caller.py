"""A caller who behaves as the page does: comes back after a drop, waits while it is full."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from tests import speech
from tests.bot.callers import CATCHES_UP_SECONDS
from tests.bot.conftest import Bot, Line
from tests.faults import frames, page_rules
from tests.faults.page_rules import BUSY_SECONDS, Phase, Read, Refused
from tests.faults.world import World

#: Generous: the machine may be busy with other things.
PATIENCE_SECONDS = 60.0
_OPEN_SECONDS = 10
#: Peak of 32767: softer audio is the silence between sentences.
_AUDIBLE = 300


class Caller:
    """One caller's call, over as many connections as it takes.

    Attributes:
        session_id: Of the call, once there is one.
        phase: What the page shows.
        refusals: Each answer that said no: its status, and when to come back.
        transcript: What the page shows of the conversation.
        heard: When audible sound came.
        reason: Why the call is over.
    """

    def __init__(self, world: World) -> None:
        """Does not call yet."""
        self.session_id = self.bot_id = ""
        self.phase: Phase = "connecting"
        self.agent_ready = self.agent_speaks = False
        self.live_at = 0.0
        self.connections = 0
        self.refusals: list[tuple[int, float | None]] = []
        self.transcript: list[Read] = []
        self.heard: list[float] = []
        self.reason = ""
        self._world = world
        self._resume: str | None = None
        self._announced = ""
        self._socket: ClientConnection | None = None
        self._to_say: list[bytes] = []
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._call()), asyncio.create_task(self._speak())]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            with suppress(ConnectionClosed, OSError):
                await self._socket.close()
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and kind is None:
                raise outcome

    async def say(self, recording: str) -> None:
        """Says a recorded sentence, to the end; what nobody receives is lost."""
        pcm = speech.load(recording) + speech.silence(0.3)
        pieces = range(0, len(pcm), frames.FRAME_BYTES)
        self._to_say += [pcm[start : start + frames.FRAME_BYTES] for start in pieces]
        await self.until(lambda: not self._to_say)

    async def ask_for_the_order(self) -> None:
        """Tells the agent the order's number, and waits for the beginning of its answer."""
        await self.until_live()
        before, heard = len(self.transcript), len(self.heard)
        await self.say("where_is_my_order_4217")
        await self.until_read("user", "two one seven", after=before)
        await self.until_read("assistant", "4217", after=before)
        await self.until(lambda: len(self.heard) > heard)

    async def ask_for_the_number(self) -> None:
        """Asks what only somebody knows who remembers, and hears the right answer to its end."""
        before, heard = len(self.transcript), len(self.heard)
        await self.say("what_was_my_order_number")
        await self.until_read("user", "what was my order number", after=before)
        await self.until_read("assistant", "4217", after=before)
        await self.until(lambda: len(self.heard) > heard and not self.agent_speaks)

    async def until_read(self, role: str, words: str, *, after: int = 0) -> None:
        """Waits until the page shows some words."""

        def said() -> str:
            return " ".join(line.text for line in self.transcript[after:] if line.role == role)

        await self.until(lambda: words in said().lower())

    async def until_live(self, *, connections: int = 1) -> None:
        """Waits for the agent, on so many connections in all."""
        await self.until(lambda: self.agent_ready and self.connections >= connections)

    async def until_over(self) -> None:
        """Waits until the page says that the call is over."""
        await self.until(lambda: self.phase in ("ended", "lost"))

    async def until(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Waits for something to happen to this caller."""
        try:
            async with self._changed, asyncio.timeout(seconds):
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"{self.phase}: {self.transcript}, {self.refusals}") from None

    @property
    def talks_to(self) -> Bot:
        """The bot that began to serve the call last."""
        return self._last_start()[0]

    def session_pid(self) -> int:
        """The process that began to serve the call last."""
        return int(self._last_start()[1]["pid"])

    def _last_start(self) -> tuple[Bot, Line]:
        starts = [
            (bot, line)
            for bot in self._world.bots
            for line in bot.lines
            if line.get("message") == "session started" and line["session_id"] == self.session_id
        ]
        return max(starts, key=lambda start: str(start[1]["time"]))

    async def drop(self) -> None:
        """The caller's network goes away and is back at once."""
        assert self._socket is not None
        self._socket.transport.abort()
        await self.until(lambda: self.phase != "live")

    async def hang_up(self) -> None:
        """Says goodbye."""
        self._tasks[0].cancel()
        await asyncio.wait(self._tasks[:1])
        if self._socket is not None:
            await self._socket.close(1000)

    # The page.

    async def _call(self) -> None:
        try:
            await self._connect_or_wait()
            while await self._stay():
                await self._show("reconnecting")
                if not await self._recovered():
                    await self._show("lost")
                    return
        except Refused as refused:
            self.reason = str(refused)
        await self._show("ended")

    async def _recovered(self) -> bool:
        for delay in page_rules.delays():
            await asyncio.sleep(delay)
            try:
                await self._connect_or_wait()
            except Refused as refused:
                if not refused.retryable:
                    raise
            except (OSError, InvalidHandshake, httpx.TransportError):
                continue
            else:
                return True
        return False

    async def _connect_or_wait(self) -> None:
        while True:
            try:
                return await self._connect()
            except Refused as refused:
                if not refused.busy:
                    raise
                await self._show("busy")
                await asyncio.sleep(refused.retry_after or BUSY_SECONDS)
                await self._show("connecting")

    async def _connect(self) -> None:
        told = await self._ask("websocket")
        self._socket = await self._dial(httpx.URL(told["wsUrl"]).query.decode())
        await self._socket.send(frames.message(frames.client_ready_message()))
        await self._socket.send(frames.message(frames.sound_message()))
        self._announced = ""
        self.connections += 1
        await self._show("live")

    async def _ask(self, transport: str) -> dict[str, str]:
        """What ``POST /connect`` answers."""
        wanted = {"transport": transport} | ({"resume": self._resume} if self._resume else {})
        async with httpx.AsyncClient(timeout=15, trust_env=False) as client:
            answer = await client.post(f"{self._world.server.url}/connect", json=wanted)
        self._check(answer.status_code, answer.headers)
        told: dict[str, str] = answer.json()
        self.session_id, self.bot_id = told["session_id"], told["bot_id"]
        self._resume = told["resume"]
        return told

    async def _dial(self, query: str) -> ClientConnection:
        refused: OSError | None = None
        for bot in self._world.doors():
            try:
                socket = await connect(
                    f"{bot.web_socket}?{query}",
                    compression=None,
                    max_size=None,
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=1,
                    ping_interval=None,
                    proxy=None,
                )
            except ConnectionRefusedError as error:
                refused = error
            except InvalidStatus as error:
                self._check(error.response.status_code, error.response.headers)
                raise
            else:
                return socket
        raise refused or ConnectionRefusedError

    def _check(self, status: int, headers: Mapping[str, str]) -> None:
        if status >= 400:
            refused = Refused.of(status, headers)
            self.refusals.append((status, refused.retry_after))
            raise refused

    async def _stay(self) -> bool:
        """Reads until the connection is gone; whether the page would come back."""
        assert self._socket is not None
        with suppress(ConnectionClosed):
            async for data in self._socket:
                if isinstance(data, bytes):
                    await self._take(frames.read(data))
        self.agent_ready = self.agent_speaks = False
        code = self._socket.close_code
        self.reason = self._announced or str(code)
        return page_rules.comes_back(code, self._announced)

    async def _take(self, received: bytes | dict[str, Any] | None) -> None:
        if isinstance(received, bytes):
            samples = np.frombuffer(received, dtype="<i2").astype(np.int32)
            if not samples.size or int(np.abs(samples).max()) <= _AUDIBLE:
                return
            self.heard.append(time.monotonic())
        elif received is not None:
            self._note(received.get("type", ""), received.get("data") or {})
        async with self._changed:
            self._changed.notify_all()

    def _note(self, kind: str, data: dict[str, Any]) -> None:
        text = str(data.get("text", "")).strip()
        if kind == "user-transcription" and data.get("final") and text:
            self.transcript.append(Read("user", text))
        elif kind == "bot-output" and text and data.get("spoken_status") in (None, "new"):
            self.transcript.append(Read("assistant", text))
        elif kind in ("bot-started-speaking", "bot-stopped-speaking"):
            self.agent_speaks = kind == "bot-started-speaking"
        elif kind == "server-message" and data.get("type") == "ended":
            self._announced = str(data["reason"])
        elif kind == "server-message" and data.get("type") == "agent-state":
            ready = data["state"] == "ready"
            if ready and not self.agent_ready:
                self.live_at = time.monotonic()
            self.agent_ready = ready

    async def _show(self, phase: Phase) -> None:
        async with self._changed:
            self.phase = phase
            self._changed.notify_all()

    async def _speak(self) -> None:
        """The microphone, open all the time."""
        due = time.monotonic()
        while True:
            due = max(due + frames.FRAME_SECONDS, time.monotonic() - CATCHES_UP_SECONDS)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            saying = bool(self._to_say)
            pcm = self._to_say.pop(0) if saying else bytes(frames.FRAME_BYTES)
            if self._socket is not None:
                with suppress(ConnectionClosed):
                    await self._socket.send(self._wrap(pcm))
            if saying and not self._to_say:
                async with self._changed:
                    self._changed.notify_all()

    def _wrap(self, pcm: bytes) -> bytes:
        return frames.audio(pcm)
