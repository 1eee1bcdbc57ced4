"""The Nova Sonic emulator in a process of its own, telling when what arrived and left.

It prints one line of JSON for each stream that ended: a `StreamTimes`. Times are those of
`time.monotonic()`, which all processes of a Linux machine share.

Run: `python -m tests.bench.emulator --port 4433 --ca-dir DIR [--scenario FILE]`
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import signal
import sys
from pathlib import Path

from loguru import logger
from pydantic import BaseModel, ConfigDict

from nova_sonic_emulator import Emulator, Recording, Scenario
from nova_sonic_emulator.cli import SECRET_VARIABLE
from tests.bench import marks

KEY_ID = "AKIDBENCHMARK0000000"
_LOOK_EVERY_SECONDS = 0.1


class StreamTimes(BaseModel):
    """What happened on one stream, and when.

    Attributes:
        number: Counted from 1 in order of arrival.
        ended: Why it is over.
        heard: Marked frames of the caller's: time, caller, frame.
        spoke: Pieces of the agent's audio: time, bytes.
        events: Everything else: time, `in` or `out`, name, role if it has one.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    ended: str
    heard: list[tuple[float, int, int]]
    spoke: list[tuple[float, int]]
    events: list[tuple[float, str, str, str]]

    @classmethod
    def of(cls, recording: Recording) -> StreamTimes:
        """What a recording shows."""
        heard = marks.find(
            (event.at, base64.b64decode(event.fields["content"]))
            for event in recording.inputs
            if event.name == "audioInput"
        )
        audio = [event for event in recording.outputs if event.name == "audioOutput"]
        both = (("in", recording.inputs), ("out", recording.outputs))
        return cls(
            number=recording.number,
            ended=recording.ended or "",
            heard=[(each.at, each.caller, each.frame) for each in heard],
            spoke=[(each.at, _decoded_size(each.fields["content"])) for each in audio],
            events=[
                (event.at, way, event.name, str(event.fields.get("role", "")))
                for way, events in both
                for event in events
                if event.name not in ("audioInput", "audioOutput", "usageEvent")
            ],
        )

    @property
    def caller(self) -> int | None:
        """Who spoke on it; None if nobody did."""
        return self.heard[0][1] if self.heard else None


def _decoded_size(text: str) -> int:
    """Of base64, without decoding it."""
    return len(text) * 3 // 4 - text[-2:].count("=")


async def _serve(emulator: Emulator) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with emulator:
        while not stopped.is_set():
            for recording in [each for each in emulator.streams if each.ended]:
                emulator.streams.remove(recording)
                print(StreamTimes.of(recording).model_dump_json(), flush=True)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)


def main() -> None:
    """Runs until it is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca-dir", type=Path, required=True)
    parser.add_argument("--scenario", type=Path)
    options = parser.parse_args()
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    emulator = Emulator(
        scenario=Scenario.load(options.scenario) if options.scenario else Scenario(),
        credentials={KEY_ID: os.environ[SECRET_VARIABLE]},
        ca_dir=options.ca_dir,
        port=options.port,
    )
    asyncio.run(_serve(emulator))


if __name__ == "__main__":
    main()
