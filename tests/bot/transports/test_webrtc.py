"""WebRTC: a peer of its own makes the calls that a page's transport makes."""

import asyncio
import fractions
import json
from typing import Any

import httpx
import numpy as np
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError
from av import AudioFrame

from services.common.sessions import Opened, SessionStatus, SessionStore
from tests.bot.conftest import PATIENCE_SECONDS, Bot, until_status
from tests.bot.sentences import sentence

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATE = 16_000
SAMPLES = 320


class Microphone(AudioStreamTrack):
    """Says what it is given, silence otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.speech = b""
        self._sent = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        self._began = self._began or loop.time()
        await asyncio.sleep(max(0.0, self._began + self._sent / RATE - loop.time()))
        pcm, self.speech = self.speech[: 2 * SAMPLES], self.speech[2 * SAMPLES :]
        samples = np.frombuffer(pcm.ljust(2 * SAMPLES, b"\0"), np.int16)
        frame = AudioFrame.from_ndarray(samples[None, :], layout="mono")
        frame.sample_rate, frame.pts = RATE, self._sent
        frame.time_base = fractions.Fraction(1, RATE)
        self._sent += SAMPLES
        return frame


class Peer:
    """What `SmallWebRTCTransport` does in a page."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.pc = RTCPeerConnection()
        self.microphone = Microphone()
        self.pc.addTrack(self.microphone)
        self.pc.addTransceiver("video", direction="sendrecv")
        self.channel = self.pc.createDataChannel("chat")
        self.messages: list[dict[str, Any]] = []
        self.loud_frames = 0
        self.pc_id: str | None = None
        self._changed = asyncio.Condition()
        self._opened = asyncio.Event()
        self.channel.on("open", self._opened.set)
        self.channel.on("message", self._got)
        self.pc.on("track", self._hear)
        self._tasks: set[asyncio.Task[None]] = set()

    async def offer(self, *, restart: bool = False) -> httpx.Response:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        body = {
            "sdp": self.pc.localDescription.sdp,
            "type": self.pc.localDescription.type,
            "pc_id": self.pc_id,
            "restart_pc": restart,
        }
        async with httpx.AsyncClient() as client:
            return await client.post(self.endpoint, json=body, timeout=PATIENCE_SECONDS)

    async def connect(self) -> None:
        response = await self.offer()
        assert response.status_code == 200, response.text
        await self.accept(response.json())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._opened.wait()

    async def accept(self, answer: dict[str, str]) -> None:
        self.pc_id = answer["pc_id"]
        await self.pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))

    async def patch(self, candidate: str, *, endpoint: str | None = None) -> httpx.Response:
        found = {"candidate": candidate, "sdp_mid": "0", "sdp_mline_index": 0}
        body = {"pc_id": self.pc_id, "candidates": [found]}
        async with httpx.AsyncClient() as client:
            return await client.patch(endpoint or self.endpoint, json=body)

    def is_ready(self) -> None:
        about = {"version": "2.0.0", "about": {"library": "tests"}}
        self.channel.send(
            json.dumps({"id": "1", "label": "rtvi-ai", "type": "client-ready", "data": about})
        )

    async def message(self, kind: str, **data: object) -> dict[str, Any]:
        async with self._changed, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for message in self.messages:
                    if (
                        message["type"] == kind
                        and data.items() <= (message.get("data") or {}).items()
                    ):
                        return message
                await self._changed.wait()

    def _got(self, text: str) -> None:
        self._spawn(self._keep(json.loads(text)))

    async def _keep(self, message: dict[str, Any]) -> None:
        async with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def _hear(self, track: Any) -> None:  # noqa: ANN401
        if track.kind == "audio":
            self._spawn(self._listen(track))

    async def _listen(self, track: Any) -> None:  # noqa: ANN401
        try:
            while True:
                frame = await track.recv()
                if np.abs(frame.to_ndarray().astype(int)).max() > 1000:
                    self.loud_frames += 1
        except MediaStreamError:
            pass

    def _spawn(self, running: Any) -> None:  # noqa: ANN401
        task = asyncio.get_running_loop().create_task(running)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def call_on(bot: Bot, ticket: str) -> Peer:
    return Peer(f"{bot.url}/webrtc?ticket={ticket}")


async def opened(sessions: SessionStore) -> Opened:
    return await sessions.open(transport="webrtc", agent="order-desk", ticket_seconds=60)


async def test_a_call_over_webrtc_is_greeted_and_answered(bot: Bot, sessions: SessionStore) -> None:
    ticket = await opened(sessions)
    peer = call_on(bot, ticket.ticket)
    await peer.connect()
    peer.is_ready()
    await peer.message("bot-ready")
    await peer.message("bot-stopped-speaking")
    assert peer.loud_frames > 20

    peer.microphone.speech = sentence("where_is_my_order_4217")
    await peer.message("user-started-speaking")
    await peer.message("user-transcription", final=True)

    await peer.pc.close()
    record = await until_status(sessions, ticket.session.session_id, SessionStatus.ENDED)
    assert record.reason == "caller-left"


async def test_candidates_reach_the_process_that_has_the_call(
    bot: Bot, sessions: SessionStore
) -> None:
    peer = call_on(bot, (await opened(sessions)).ticket)
    await peer.connect()
    candidate = "candidate:1 1 UDP 2122252543 127.0.0.1 40000 typ host"
    assert (await peer.patch(candidate)).status_code == 200
    assert (await peer.patch("")).status_code == 200
    assert (await peer.patch("nonsense")).status_code == 422

    # Another call's ticket does not open this one.
    other = (await opened(sessions)).ticket
    foreign = await peer.patch(candidate, endpoint=f"{bot.url}/webrtc?ticket={other}")
    assert foreign.status_code == 404
    await peer.pc.close()


async def test_renegotiation_reaches_the_process_that_has_the_call(
    bot: Bot, sessions: SessionStore
) -> None:
    peer = call_on(bot, (await opened(sessions)).ticket)
    await peer.connect()
    again = await peer.offer()
    assert again.status_code == 200
    assert again.json()["pc_id"] == peer.pc_id
    await peer.accept(again.json())
    peer.is_ready()
    await peer.message("bot-ready")
    await peer.pc.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sdp": "v=0", "type": "answer"}, 422),
        ({"type": "offer"}, 422),
        ({"sdp": "this is no session description", "type": "offer"}, 422),
    ],
)
async def test_a_bad_offer_is_refused(
    bot: Bot, sessions: SessionStore, body: dict[str, str], status: int
) -> None:
    ticket = (await opened(sessions)).ticket
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{bot.url}/webrtc?ticket={ticket}", json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_ticket_opens_one_call(bot: Bot, sessions: SessionStore) -> None:
    ticket = (await opened(sessions)).ticket
    peer = call_on(bot, ticket)
    await peer.connect()
    assert (await call_on(bot, ticket).offer()).status_code == 403
    assert (await call_on(bot, "nonsense").offer()).status_code == 403
    await peer.pc.close()
