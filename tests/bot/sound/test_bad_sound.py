"""Sound that nobody should send: no crash, the same length, and well again afterwards."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.bot.sound import Sound
from services.bot.sound.front_end import FrontEnd
from tests.bench.sound import rooms, speech
from tests.bench.sound.acoustic_loop import Clock, Loop, hiss
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, level_db

FRAME = 160
_rng = np.random.default_rng(11)
_voice = speech.recorded("where_is_my_order_4217").sound

BAD: dict[str, Signal] = {
    "silence": np.zeros(2 * SAMPLE_RATE),
    "clipped": np.clip(40 * _voice, -1, 1),
    "a DC offset": _voice * 0.3 + 0.5,
    "8 bit read as 16": np.frombuffer(
        np.clip(128 + 127 * _voice, 0, 255).astype(np.uint8).tobytes()[: len(_voice) // 2 * 2],
        "<i2",
    )
    / 32768,
    "full-scale noise": np.sign(_rng.standard_normal(2 * SAMPLE_RATE)),
    "stereo read as mono": np.repeat(_voice, 2),
    "another rate": _voice[::2],
}


@pytest.mark.parametrize("kind", BAD)
def test_after_bad_sound_echoes_are_cancelled_again_within_three_seconds(kind: str) -> None:
    far = at_level(speech.agent_speech(14), -20)
    near = rooms.heard(far, rooms.Room().response(), delay_seconds=0.15, loss_db=6)
    near = near + hiss(len(near))
    bad = BAD[kind][: 3 * SAMPLE_RATE]
    at = 6 * SAMPLE_RATE
    near[at : at + len(bad)] = bad
    well = at + len(bad) + 3 * SAMPLE_RATE
    after = Loop().run(far, near)
    assert len(after) == len(near)
    assert level_db(near[well:]) - level_db(after[well:]) > 35


def test_a_dc_offset_is_taken_out() -> None:
    near = np.full(2 * SAMPLE_RATE, 0.4)
    after = Loop().run(np.zeros(len(near)), near)
    assert level_db(after[SAMPLE_RATE:]) < -60


def test_frames_of_ten_seconds_keep_their_place() -> None:
    far = at_level(speech.agent_speech(20), -20)
    near = rooms.heard(far, rooms.Room().response(), delay_seconds=0.15, loss_db=6)
    near = near + hiss(len(near))
    after = Loop(frame_seconds=10).run(far, near)
    late = slice(4 * SAMPLE_RATE, None)
    assert level_db(near[late]) - level_db(after[late]) > 40


def test_another_clock_of_200_ppm_leaves_no_more_than_a_tenth_of_the_echo() -> None:
    count = 30 * SAMPLE_RATE
    far = at_level(speech.agent_speech(31), -20)
    echo = rooms.heard(far, rooms.Room().response(), delay_seconds=0.15, loss_db=6)
    for ppm in (200, -200):
        near = np.interp(np.arange(count) * (1 + ppm * 1e-6), np.arange(len(echo)), echo)
        near = near + hiss(count)
        after = Loop().run(far[:count], near)
        late = slice(4 * SAMPLE_RATE, None)
        assert level_db(near[late]) - level_db(after[late]) > 10


@given(
    st.lists(st.integers(0, 1500), min_size=1, max_size=30),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_sound_comes_out_the_same_however_it_is_cut(
    sizes: list[int], cancelling: bool, suppressing: bool
) -> None:
    sound = Sound(echo_cancelling=cancelling, noise_suppression=suppressing)
    said = _rng.integers(-9000, 9000, sum(sizes) // 2 + 1, np.int16).tobytes()[: sum(sizes)]
    whole, cut = FrontEnd(Clock()), FrontEnd(Clock())
    for front_end in (whole, cut):
        front_end.listen_for(sound)
        front_end.start(SAMPLE_RATE)
    at = np.cumsum([0, *sizes])
    pieces = [cut.near(said[a:b]) for a, b in pairwise(at)]
    assert b"".join(pieces) == whole.near(said)
    assert len(b"".join(pieces)) == len(said) // (2 * FRAME) * 2 * FRAME


_NEAR = st.tuples(st.just("near"), st.binary(max_size=3000), st.floats(0, 0.3))
_FAR = st.tuples(
    st.sampled_from([(8_000, 1), (11_025, 1), (16_000, 1), (22_050, 2), (24_000, 1), (48_000, 2)]),
    st.binary(max_size=3000),
    st.floats(0, 0.3),
)
_FLUSH = st.tuples(st.just("flush"), st.just(b""), st.floats(0, 8))


@given(st.lists(st.one_of(_NEAR, _FAR, _FLUSH), max_size=30))
@settings(max_examples=40, deadline=None)
def test_nothing_that_arrives_breaks_it(
    events: list[tuple[str | tuple[int, int], bytes, float]],
) -> None:
    clock = Clock()
    front_end = FrontEnd(clock)
    front_end.start(SAMPLE_RATE)
    came = went = 0
    for what, data, seconds in events:
        clock.now += seconds
        if what == "near":
            came += len(data)
            went += len(front_end.near(data))
        elif what == "flush":
            front_end.flush()
        else:
            rate, channels = what
            front_end.far(data, int(rate), int(channels))
    assert went == came // (2 * FRAME) * 2 * FRAME
