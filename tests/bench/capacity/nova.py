"""A stand-in for Nova Sonic that hardly costs anything, so that it is not what limits the calls.

It reads nothing that callers say and has one thing to say. To odd streams it talks, 4 s at a time
with hardly a breath in between, in pieces of 40 ms, each when a listener needs it; to even ones it
says a word of greeting and listens. The emulator checks, recognises and answers; this one only
keeps the time.

It prints a line of JSON for each stream that opens, and one when a recording has been written: of
what came and went between SIGUSR1 and SIGUSR2, one file a stream (`Track`).

Run: `python -m tests.bench.capacity.nova --port 4433 --ca-dir DIR [--scenario IGNORED]`
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import functools
import gc
import itertools
import json
import signal
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nova_sonic_emulator import frames
from nova_sonic_emulator.certificates import server_context
from nova_sonic_emulator.outputs import Outputs
from tests.bench.capacity import beacons
from tests.bench.capacity.http2 import Answer, Connection

SAMPLE_RATE_IN = 16_000
SAMPLE_RATE_OUT = 24_000
PIECE_MS = 40

_UTTERANCE_PIECES = 100
_BREATH_SECONDS = 0.6
"""Behind each utterance of 4 s: what was late in one is not late in the next."""

_GREETING_PIECES = 5
_PAUSE_SECONDS = 1.0
"""Before the first word: the caller's page is not ready yet."""


@dataclass(frozen=True, slots=True)
class Track:
    """What came and went on a stream while it was recorded.

    Attributes:
        heard: When each piece of the caller's audio came, and its samples.
        spoke: When each piece of the agent's loop went, and which one.
    """

    heard: list[tuple[float, bytes]]
    spoke: list[tuple[float, int]]

    def write(self, file: Path) -> None:
        """Writes a file."""
        heard = [(at, len(pcm)) for at, pcm in self.heard]
        head = json.dumps({"heard": heard, "spoke": self.spoke})
        file.write_bytes(head.encode() + b"\n" + b"".join(pcm for _, pcm in self.heard))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads a file."""
        head, _, sound = file.read_bytes().partition(b"\n")
        fields = json.loads(head)
        ends = itertools.accumulate(size for _, size in fields["heard"])
        heard = [
            (at, sound[end - size : end])
            for (at, size), end in zip(fields["heard"], ends, strict=True)
        ]
        return cls(heard, [(at, piece) for at, piece in fields["spoke"]])


@dataclass(frozen=True, slots=True)
class _Script:
    """Everything that is said, as it goes over the wire."""

    opening: bytes
    pieces: Sequence[bytes]
    closing: bytes


@functools.cache
def _script() -> _Script:
    events: list[bytes] = []

    def keep(name: str, fields: dict[str, Any]) -> None:
        body = json.dumps({"event": {name: fields}}, separators=(",", ":")).encode()
        events.append(frames.output_event(body))

    outputs = Outputs(prompt_name="bench", sample_rate=SAMPLE_RATE_OUT, send=keep)
    outputs.completion_start()
    outputs.text("ASSISTANT", "SPECULATIVE", "One thing after the other.")
    content = outputs.audio_start()
    opening = b"".join(events)
    events.clear()
    for pcm in beacons.cut(beacons.voice(SAMPLE_RATE_OUT), SAMPLE_RATE_OUT, PIECE_MS):
        outputs.audio(content, pcm)
    pieces = list(events)
    events.clear()
    outputs.audio_end(content, "END_TURN")
    outputs.text("ASSISTANT", "FINAL", "One thing after the other.")
    outputs.completion_end()
    return _Script(opening, pieces, b"".join(events))


@dataclass(slots=True, eq=False)
class _Stream:
    """One call's stream."""

    number: int
    answer: Answer
    talks: bool
    recording: list[tuple[float, bytes]] | None = None
    spoke: list[tuple[float, int]] = field(default_factory=list)
    _buffer: bytearray = field(default_factory=bytearray)
    _timer: asyncio.TimerHandle | None = None
    _open: bool = True

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        self._buffer += data
        for message in self._messages():
            if self._timer is None:
                # Nova answers the first event with its headers.
                self._begin()
            elif self.recording is not None:
                self.recording.append((at, message))

    def ended(self) -> None:
        self._open = False
        if self._timer is not None:
            self._timer.cancel()

    def track(self) -> Track:
        heard = [(at, pcm) for at, message in self.recording or [] if (pcm := _audio(message))]
        return Track(heard, self.spoke)

    def _messages(self) -> Iterator[bytes]:
        while len(self._buffer) >= 4:
            (size,) = struct.unpack_from("!I", self._buffer)
            if len(self._buffer) < size:
                return
            message = bytes(self._buffer[:size])
            del self._buffer[:size]
            yield message

    def _begin(self) -> None:
        self.answer.begin()
        self._timer = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._speak)

    def _speak(self) -> None:
        script = _script()
        self.answer.send(script.opening)
        if self.talks:
            self._say(0, asyncio.get_running_loop().time())
        else:
            self.answer.send(b"".join(script.pieces[:_GREETING_PIECES]) + script.closing)

    def _say(self, piece: int, due: float) -> None:
        if not self._open:
            return
        loop, pieces = asyncio.get_running_loop(), _script().pieces
        if self.recording is not None:
            self.spoke.append((time.monotonic(), piece))
        self.answer.send(pieces[piece])
        following = (piece + 1) % len(pieces)
        due += PIECE_MS / 1000 + (0 if following % _UTTERANCE_PIECES else _BREATH_SECONDS)
        self._timer = loop.call_at(due, self._say, following, due)


def _audio(message: bytes) -> bytes:
    """The caller's audio in a signed message, if there is any."""
    signed = _payload(message)
    if not signed:
        return b""
    event = json.loads(base64.b64decode(json.loads(_payload(signed))["bytes"]))["event"]
    return base64.b64decode(event["audioInput"]["content"]) if "audioInput" in event else b""


def _payload(message: bytes) -> bytes:
    """Without headers and checksums."""
    (headers,) = struct.unpack_from("!I", message, 4)
    return message[12 + headers : -4]


class _Nova:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._streams: list[_Stream] = []

    def accept(self, answer: Answer) -> _Stream:
        number = len(self._streams) + 1
        stream = _Stream(number, answer, talks=number % 2 == 1)
        self._streams.append(stream)
        print(json.dumps({"stream": number}), flush=True)
        return stream

    def record(self) -> None:
        for stream in self._streams:
            stream.recording, stream.spoke = [], []

    async def write(self) -> None:
        tracks = [(stream, stream.recording) for stream in self._streams]
        for stream, recording in tracks:
            if recording is not None:
                stream.track().write(self._folder / f"stream-{stream.number}")
            stream.recording, stream.spoke = None, []
            await asyncio.sleep(0.01)
        print(json.dumps({"recorded": len(tracks)}), flush=True)


async def _serve(port: int, folder: Path) -> None:
    loop, stopped, nova = asyncio.get_running_loop(), asyncio.Event(), _Nova(folder)
    writing: set[asyncio.Task[None]] = set()

    def write() -> None:
        task = loop.create_task(nova.write())
        writing.add(task)
        task.add_done_callback(writing.discard)

    loop.add_signal_handler(signal.SIGUSR1, nova.record)
    loop.add_signal_handler(signal.SIGUSR2, write)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    _script()
    gc.collect()
    gc.disable()
    context = server_context(folder)
    server = await loop.create_server(
        lambda: Connection(nova.accept), "localhost", port, ssl=context
    )
    async with server:
        await stopped.wait()


def main() -> None:
    """Serves streams until it is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca-dir", type=Path, required=True)
    parser.add_argument("--scenario", type=Path)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.ca_dir))


if __name__ == "__main__":
    main()
