"""When the agent's sound leaves the queue."""

import asyncio

import pytest
from pipecat.frames.frames import Frame, TextFrame

from services.bot.transports.paced_queue import PacedQueue

SECONDS = 10


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_one_piece_ahead_and_the_others_in_time() -> None:
    clock = Clock()
    queue = PacedQueue(clock)
    assert queue.played(0.04) == clock.now
    assert queue.played(0.04) == pytest.approx(clock.now + 0.04)
    clock.now += 0.05
    assert queue.played(0.04) == pytest.approx(clock.now + 0.03)


def test_after_a_pause_it_begins_anew() -> None:
    clock = Clock()
    queue = PacedQueue(clock)
    queue.played(0.04)
    clock.now += 1
    assert queue.played(0.04) == clock.now


async def test_what_an_interruption_finds_waiting_is_not_given_out() -> None:
    queue = PacedQueue()
    queue.played(0.05)
    queue.played(0.05)
    before, after = TextFrame("before"), TextFrame("after")
    queue.put_nowait(before)
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)  # it has taken the frame, and waits for its time
    assert queue.empty()
    queue.reset()
    queue.put_nowait(after)
    async with asyncio.timeout(SECONDS):
        assert await taking is after


async def test_what_must_be_said_is_given_out_all_the_same() -> None:
    queue = PacedQueue()
    queue.played(0.05)
    queue.played(0.05)
    frame: Frame = TextFrame("listen")
    frame.interruptible = False
    queue.put_nowait(frame)
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.reset()
    async with asyncio.timeout(SECONDS):
        assert await taking is frame


async def test_whoever_gives_up_waiting_leaves_what_there_was_to_the_next() -> None:
    queue = PacedQueue()
    queue.played(0.05)
    queue.played(0.05)
    frame = TextFrame("listen")
    queue.put_nowait(frame)
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait({taking})
    async with asyncio.timeout(SECONDS):
        assert await queue.get() is frame


async def test_patience_ends_where_nothing_comes_and_begins_anew_with_what_does() -> None:
    queue, frame = PacedQueue(patience=0.05), TextFrame("late")
    async with asyncio.timeout(SECONDS):
        with pytest.raises(TimeoutError):
            await queue.get()
        taking = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.put_nowait(frame)
        assert await taking is frame
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            await queue.get()
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_who_gives_up_waiting_leaves_the_next_frame_to_others() -> None:
    queue, frame = PacedQueue(patience=SECONDS), TextFrame("next")
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.wait({taking})
    queue.put_nowait(frame)
    assert await queue.get() is frame


def test_what_was_held_up_for_a_moment_catches_up_with_its_time() -> None:
    clock = Clock()
    queue = PacedQueue(clock)
    queue.played(0.04)
    clock.now += 0.15
    due = [queue.played(0.04) for _ in range(5)]
    assert [round(each - clock.now, 3) for each in due] == [-0.11, -0.07, -0.03, 0.01, 0.05]
