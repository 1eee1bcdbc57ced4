"""Sound that waits, and sound that is sent twice."""

import asyncio

from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import FilterControlFrame

from services.bot.barge_in import Hold

RATE = 8000
PIECE_SECONDS = 0.04
PIECE_BYTES = round(RATE * PIECE_SECONDS) * 2


class Tap(BaseAudioFilter):
    def __init__(self) -> None:
        self.audio = b""

    async def start(self, sample_rate: int) -> None:
        self.rate = sample_rate

    async def stop(self) -> None:
        pass

    async def process_frame(self, frame: FilterControlFrame) -> None:
        pass

    async def filter(self, audio: bytes) -> bytes:
        self.audio += audio
        return audio


def piece(number: int) -> bytes:
    return bytes([number]) * PIECE_BYTES


async def hold_of(tap: Tap) -> Hold:
    hold = Hold(tap)
    await hold.start(RATE)
    return hold


async def test_what_leaves_goes_through_unchanged_and_is_counted() -> None:
    tap = Tap()
    hold = await hold_of(tap)
    assert [await hold.filter(piece(n)) for n in (1, 2)] == [piece(1), piece(2)]
    assert tap.audio == piece(1) + piece(2)
    assert round(hold.sent_seconds, 3) == 2 * PIECE_SECONDS


async def test_nothing_leaves_while_it_is_held_and_nothing_is_lost() -> None:
    tap = Tap()
    hold = await hold_of(tap)
    hold.hold()
    waiting = asyncio.create_task(hold.filter(piece(1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    hold.resume()
    assert await waiting == piece(1)


async def test_what_nobody_heard_is_sent_again() -> None:
    tap = Tap()
    hold = await hold_of(tap)
    for number in (1, 2, 3):
        await hold.filter(piece(number))
    hold.hold()
    waiting = asyncio.create_task(hold.filter(piece(4)))
    await asyncio.sleep(0)
    hold.resume(lost_seconds=2 * PIECE_SECONDS)
    assert await waiting == piece(2) + piece(3) + piece(4)
    assert round(hold.sent_seconds, 3) == 4 * PIECE_SECONDS


async def test_no_more_is_sent_again_than_there_was() -> None:
    hold = await hold_of(Tap())
    await hold.filter(piece(1))
    hold.hold()
    hold.resume(lost_seconds=9)
    assert await hold.filter(piece(2)) == piece(1) + piece(2)


async def test_after_an_interruption_what_waited_is_gone() -> None:
    hold = await hold_of(Tap())
    await hold.filter(piece(1))
    hold.hold()
    waiting = asyncio.create_task(hold.filter(piece(2)))
    await asyncio.sleep(0)
    hold.drop()
    assert await waiting == b""
    assert await hold.filter(piece(3)) == piece(3)


async def test_the_end_lets_go_of_whoever_waits() -> None:
    hold = await hold_of(Tap())
    hold.hold()
    waiting = asyncio.create_task(hold.filter(piece(1)))
    await asyncio.sleep(0)
    await hold.stop()
    assert await asyncio.wait_for(waiting, 5) == b""
