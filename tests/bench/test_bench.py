"""The benchmarks' machinery, with tiny counts. No time is asserted."""

from hypothesis import given
from hypothesis import strategies as st

from tests.bench import marks
from tests.bench.capacity import beacons
from tests.bench.capacity.crowd import Crowd
from tests.bench.figures import Spread
from tests.bench.stack import Stack
from tests.bench.talk import SCENARIO, Kind, talk


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=20))
def test_marked_frames_are_found_however_the_audio_is_cut(sizes: list[int]) -> None:
    audio = bytes(100) + b"".join(marks.silence(7, frame) for frame in range(300, 310))
    pieces: list[tuple[float, bytes]] = []
    end = 0
    for number, size in enumerate(sizes * len(audio)):
        pieces.append((number, audio[end : end + size]))
        end += size
        if end >= len(audio):
            break

    heard = marks.find(pieces)

    assert [(each.caller, each.frame) for each in heard] == [(7, n) for n in range(300, 310)]
    for place, each in enumerate(heard):
        arrived = sum(len(pcm) for at, pcm in pieces if at <= each.at)
        assert arrived >= 100 + (place + 1) * marks.FRAME_BYTES


def test_sound_is_found_by_its_tones_late_and_with_a_hole_in_it() -> None:
    pieces = beacons.cut(beacons.voice(24_000), 24_000, 20)
    sent = [(number * 0.02, (number + 37) % len(pieces)) for number in range(500)]
    arrived = [(at + 0.013, pieces[piece]) for at, piece in sent]

    whole = beacons.compare(sent, arrived, piece_ms=20, sample_rate=24_000, window=(2, 8))
    holed = beacons.compare(
        sent, arrived[:250] + arrived[255:], piece_ms=20, sample_rate=24_000, window=(2, 8)
    )

    assert whole.unheard == holed.unheard == 0
    assert {round(ms) for ms in whole.ms} == {13}
    assert whole.lost_ms == 0
    assert round(holed.lost_ms) == 100


def test_percentiles_are_those_of_the_samples() -> None:
    spread = Spread.of([float(each) for each in range(101)])
    assert (spread.p50, spread.p95, spread.p99, spread.highest) == (50, 95, 99, 100)


async def test_calls_are_measured_by_the_dozen() -> None:
    async with Crowd("ours", sessions=2, bot_core=0) as crowd:
        step = await crowd.measure(2, seconds=2.2, settle=0.2)
    assert step.broken == 0
    assert step.out.count > 50
    assert step.inward.count > 50
    assert min(step.out.p50, step.inward.p50) > 0
    assert step.private_mb > 1


async def test_a_call_is_measured_in_both_directions() -> None:
    async with Stack(scenario=SCENARIO, sessions=1, SPARE_SESSIONS="1") as stack:
        measured = await talk(stack, Kind(), seconds=0.3)
    assert measured.out
    assert len(measured.inward) > 5
    assert measured.lost == 0
    assert min(measured.out + measured.inward) > 0
    assert measured.window.memory[0].private > 1
    assert measured.window.base is not None
