"""A recorded call, end to end: a program that calls, a real bot, the emulator, a bucket."""

import base64
import io
import itertools
import time
import wave
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from nova_sonic_emulator import Scenario
from services.common.calls.transcript import Transcript
from tests.bot.callers import FRAME_SECONDS, Caller, Event
from tests.bot.conftest import API_KEY, BRISK, PATIENCE_SECONDS, Bot, launch
from tests.bot.kept.conftest import Bucket, bucket, keeping
from tests.bot.recording.recorded_bot import ANNOUNCEMENT
from tests.speech import load, silence

__all__ = ["bucket", "keeping"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATE = 16_000
#: Of what a test on a busy machine can tell; `test_tape` has it to the sample.
ALIGNED = round(0.1 * RATE)

Track = NDArray[np.float64]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return BRISK


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recorder(keeping: dict[str, str]) -> AsyncIterator[Bot]:
    """A bot whose agents record."""
    bot = await launch(keeping, "tests.bot.recording.recorded_bot")
    yield bot
    await bot.kill()


class Stamped(list[Event]):
    """Events with the times at which they came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def append(self, event: Event) -> None:
        self.times.append(time.monotonic())
        super().append(event)


class TimedCaller(Caller):
    """Remembers when it sent and when it got its audio."""

    def __init__(self, line: Any) -> None:  # noqa: ANN401
        super().__init__(line)
        self.events = self.stamped = Stamped()
        self.sent: list[tuple[float, bytes]] = []

    async def send_audio(self, pcm: bytes) -> None:
        self.sent.append((time.monotonic() - FRAME_SECONDS, pcm))
        await super().send_audio(pcm)

    def got(self) -> list[tuple[float, bytes]]:
        """Each piece when it began to play, as a player would play them."""
        got: list[tuple[float, bytes]] = []
        end = 0.0
        for event, arrived in zip(self.events, self.stamped.times, strict=True):
            if event["event"] == "media":
                pcm = base64.b64decode(event["data"])
                start = end if arrived - end < 0.1 else arrived
                got.append((start, pcm))
                end = start + len(pcm) / 2 / RATE
        return got


async def call(bot: Bot) -> TimedCaller:
    line = await connect(
        bot.web_socket,
        compression=None,
        subprotocols=[Subprotocol(API_KEY)],
        open_timeout=PATIENCE_SECONDS,
    )
    return TimedCaller(line)


def lay_out(pieces: list[tuple[float, bytes]], zero: float) -> Track:
    track = np.zeros(round((max(at for at, _ in pieces) - zero + 1) * RATE))
    for at, pcm in pieces:
        samples = np.frombuffer(pcm, "<i2")
        start = max(0, round((at - zero) * RATE))
        track[start : start + len(samples)] = samples[: max(0, len(track) - start)]
    return track


def offset(recorded: Track, wanted: Track) -> int:
    """By how many samples what was recorded comes later than what was wanted."""
    size = 1 << (len(recorded) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(wanted, size))
    best = int(np.argmax(np.fft.irfft(spectrum, size)))
    return best - size if best > size // 2 else best


def listen_to(bucket: Bucket, transcript: Transcript) -> tuple[Track, Track]:
    """The caller's and the agent's side, from the call's start."""
    sides: list[NDArray[np.int16]] = []
    end = max(piece.start + piece.seconds for piece in transcript.recording)
    whole = np.zeros((round(end * RATE) + 1, 2))
    for piece in transcript.recording:
        with wave.open(io.BytesIO(bucket.read(piece.key))) as file:
            assert (file.getnchannels(), file.getframerate()) == (2, RATE)
            stereo = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert len(stereo) == pytest.approx(piece.seconds * RATE, abs=RATE / 1000)
        start = round(piece.start * RATE)
        whole[start : start + len(stereo)] = stereo[: len(whole) - start]
        sides.append(stereo)
    return whole[:, 0], whole[:, 1]


async def test_both_sides_lie_side_by_side_as_they_were_heard(
    recorder: Bot, bucket: Bucket
) -> None:
    async with await call(recorder) as caller:
        async with caller.listening():
            greeted = await caller.event("transcript", lambda event: event["final"])
            await recorder.line("recording begins")
        asked_at = time.monotonic()
        await caller.say(silence(0.5) + load("where_is_my_order_4217"))
        async with caller.listening():
            await caller.event(
                "transcript", lambda event: event["final"] and "kettle" in event["text"]
            )
    assert ANNOUNCEMENT in caller.events[greeted]["text"]
    written = await recorder.line("transcript written")
    transcript = bucket.transcript(written["session_id"])
    assert len(transcript.recording) > 2
    starts = [(piece.start, piece.seconds) for piece in transcript.recording]
    for (start, seconds), (following, _) in itertools.pairwise(starts):
        assert following == pytest.approx(start + seconds, abs=0.01)
    # Nothing before the announcement had been heard.
    assert starts[0][0] >= transcript.turns[0].end - 0.5

    left, right = listen_to(bucket, transcript)
    zero = asked_at - 1
    said = lay_out([piece for piece in caller.sent if piece[0] > asked_at], zero)
    heard = lay_out([piece for piece in caller.got() if piece[0] > asked_at], zero)
    assert np.abs(left).max() > 2000
    assert np.abs(right).max() > 2000
    assert abs(offset(left, said) - offset(right, heard)) <= ALIGNED
    # Nobody is on the other's side.
    answered = next(turn for turn in transcript.turns if "kettle" in turn.text)
    stretch = slice(round((answered.start + 0.5) * RATE), round((answered.end - 0.5) * RATE))
    assert np.abs(left[stretch]).mean() < 50 < np.abs(right[stretch]).mean()


async def test_who_does_not_want_it_leaves_nothing(recorder: Bot, bucket: Bucket) -> None:
    before = set(bucket.names("recordings/"))
    known = {line["session_id"] for line in recorder.lines if "session_id" in line}

    def new(line: dict[str, Any]) -> bool:
        return line.get("session_id") not in known

    async with await call(recorder) as caller:
        async with caller.listening():
            session_id = (await recorder.line("recording begins", new))["session_id"]
        await caller.say(silence(1.5) + load("i_do_not_want_to_be_recorded"))
        async with caller.listening():
            await recorder.line("recording deleted", new)
            await caller.event(
                "transcript", lambda event: event["final"] and "not recorded" in event["text"]
            )
        await caller.say(silence(1.5))
    await recorder.line("transcript written", lambda line: line["session_id"] == session_id)
    transcript = bucket.transcript(session_id)
    assert transcript.recording_declined
    assert transcript.recording == ()
    assert set(bucket.names("recordings/")) == before
    assert [tool.name for tool in transcript.tool_calls] == ["stop_recording"]
