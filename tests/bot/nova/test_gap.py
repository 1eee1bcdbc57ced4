"""The caller's audio that no stream has understood yet."""

import base64

from services.bot.nova.gap import Gap

TENTH = 3200


def chunk(level: int = 0) -> str:
    return base64.b64encode(level.to_bytes(2, "little", signed=True) * (TENTH // 2)).decode()


def test_the_oldest_audio_is_dropped_and_counted() -> None:
    gap = Gap(1.0)
    chunks = [chunk(level) for level in range(15)]
    for each in chunks:
        gap.add(each)
    assert gap.chunks() == chunks[5:]
    assert round(gap.dropped_seconds, 1) == 0.5


def test_silence_before_the_first_sound_is_dropped_but_for_a_moment() -> None:
    gap = Gap(10)
    for _ in range(20):
        gap.add(chunk())
    loud = chunk(8000)
    gap.add(loud)
    gap.trim()
    assert gap.chunks() == [chunk()] * 3 + [loud]


def test_mere_silence_leaves_a_moment() -> None:
    gap = Gap(10)
    for _ in range(20):
        gap.add(chunk(100))
    gap.trim()
    assert round(gap.seconds(), 1) == 0.3


def test_what_was_understood_is_forgotten_and_what_came_after_it_kept() -> None:
    gap = Gap(10)
    for level in range(10):
        gap.add(chunk(level))
    gap.understood(until_ms=600)
    assert gap.chunks() == [chunk(level) for level in range(6, 10)]
    gap.understood()
    assert gap.chunks() == []


def test_offsets_are_those_of_the_stream_that_took_over() -> None:
    gap = Gap(10)
    for level in range(10):
        gap.add(chunk(level))
    gap.understood(until_ms=800)
    gap.new_stream()
    gap.add(chunk(10))
    gap.understood(until_ms=200)
    assert gap.chunks() == [chunk(10)]
