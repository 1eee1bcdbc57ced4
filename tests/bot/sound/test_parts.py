"""The front end's parts, each by itself."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.bot.sound import high_pass, likeness, resampler
from services.bot.sound.canceller import RATES, Processor
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.echo_meter import powers
from services.bot.sound.far_end import AHEAD_SECONDS, FarEnd
from services.bot.sound.front_end import FrontEnd
from services.bot.sound.high_pass import HighPass
from services.bot.sound.near_clock import NearClock
from services.bot.sound.paths import Paths
from services.bot.sound.preparation import prepare
from services.bot.sound.resampler import Resampler, picked

RATE = 16_000
START = 50_000_000


def piece(count: int, value: int = 1000) -> np.ndarray:
    return np.full(count, value, np.int16)


def read(far: FarEnd, position: int, count: int = 160) -> np.ndarray:
    into = np.full(count, -1, np.int16)
    far.read(position, into)
    return into


def test_a_piece_that_comes_a_little_late_plays_on_from_the_one_before() -> None:
    far = FarEnd(RATE)
    far.add(piece(640, 1), START)
    far.add(piece(640, 2), START + 640 + 800)
    assert (read(far, START + 639, 2) == [1, 2]).all()


def test_a_piece_after_a_pause_plays_when_it_comes() -> None:
    far = FarEnd(RATE)
    far.add(piece(640, 1), START)
    far.add(piece(640, 2), START + 4000)
    assert not read(far, START + 700).any()
    assert (read(far, START + 4000) == 2).all()


def test_what_was_flushed_is_silent_and_what_comes_next_plays_at_once() -> None:
    far = FarEnd(RATE)
    far.add(piece(8000, 100), START)
    far.flush(START + 1000)
    assert far.loud_until == START + 1000
    far.add(piece(640, 200), START + 1100)
    assert (read(far, START + 999, 3) == [100, 200, 200]).all()
    assert not read(far, START + 2000).any()


def test_nobody_fills_the_ring_with_a_whole_hour() -> None:
    far = FarEnd(RATE)
    far.add(piece(60 * RATE), START)
    far.add(piece(60 * RATE), START)
    assert far.loud_until == START + AHEAD_SECONDS * RATE


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.integers(0, 40_000), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_ring_is_as_good_as_endless_tape(events: list[tuple[int, int, bool]]) -> None:
    far, tape, end, now = FarEnd(RATE), {}, 0, START
    for number, (count, pause, flush) in enumerate(events, start=100):
        now += pause
        if flush:
            far.flush(now)
            for position in range(now, end):
                tape.pop(position, None)
            end = min(end, now) if end else 0
        if now - end > 0.1 * RATE:
            end = now
        far.add(piece(count, number), now)
        for position in range(end, end + count):
            tape[position] = number
        end += count
        for position in (now - 170, now - 80_000, now - 1600):
            wanted = [tape.get(place, 0) for place in range(position, position + 160)]
            assert read(far, position).tolist() == wanted


def test_the_fastest_frame_tells_the_time() -> None:
    clock = NearClock(RATE)
    now, position = START, 0
    for late in [0, 900, 300, 0, 2000, 1700, 1400, 0, 0, 500]:
        now += 320
        position = clock.arrived(320, now + late, silent=False)
    assert position == now - 320


def test_a_start_that_was_held_up_is_put_right() -> None:
    clock = NearClock(RATE)
    assert clock.arrived(320, START + 5000, silent=False) == START + 4680
    assert clock.arrived(320, START + 320, silent=False) == START


def test_after_a_muted_microphone_time_goes_on_where_it_is() -> None:
    clock = NearClock(RATE)
    for step in range(1, 100):
        clock.arrived(320, START + 320 * step, silent=False)
    assert clock.arrived(320, START + 20 * RATE, silent=False) == START + 20 * RATE - 320


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 44_100, 48_000])
def test_a_tone_keeps_its_height_its_strength_and_its_time(rate: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    resampler = Resampler(rate, RATE)
    whole = np.concatenate([resampler.convert(each) for each in np.array_split(tone, 25)])
    wanted = np.sin(2 * np.pi * 440 * np.arange(len(whole)) / RATE)
    assert RATE - len(whole) < 0.002 * RATE
    assert np.abs(whole[200:] - wanted[200:]).max() < 0.01


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 48_000])
def test_what_is_picked_for_its_loudness_is_as_loud_at_the_same_time(rate: int) -> None:
    swell = np.sin(np.pi * np.arange(rate) / rate) ** 2 * np.sin(np.arange(rate) * 2765 / rate)
    sound = (8000 * swell).astype(np.int16)
    found = picked(sound, rate, RATE)
    assert len(found) == RATE
    wanted = np.array(powers(sound, rate // 100)) * RATE / rate
    assert np.abs(np.array(powers(found, RATE // 100)) - wanted).max() < 0.05 * wanted.max()


def test_what_is_too_high_does_not_fold_back() -> None:
    tone = np.sin(2 * np.pi * 10_000 * np.arange(24_000) / 24_000).astype(np.float32)
    assert np.abs(Resampler(24_000, RATE).convert(tone)[200:]).max() < 0.01


@given(
    st.sampled_from([8_000, 11_025, 24_000, 44_100, 48_000]),
    st.lists(st.integers(0, 2000), min_size=1, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_resampling_does_not_depend_on_how_sound_is_cut(rate: int, sizes: list[int]) -> None:
    sound = np.random.default_rng(1).standard_normal(sum(sizes)).astype(np.float32)
    at = np.cumsum([0, *sizes])
    cut = Resampler(rate, RATE)
    pieces = [cut.convert(sound[a:b]) for a, b in pairwise(at)]
    whole = Resampler(rate, RATE).convert(sound)
    together = np.concatenate(pieces)
    assert len(together) == len(whole)
    assert np.allclose(together, whole, atol=1e-5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hertz", "gain"), [(0, 0.0), (25, 0.06), (100, 0.71), (300, 0.99)])
def test_the_high_pass_takes_what_is_below_a_voice(rate: int, hertz: int, gain: float) -> None:
    tone = 8000 * np.cos(2 * np.pi * hertz * np.arange(2 * rate) / rate)
    passed = HighPass(rate).filtered(np.rint(tone).astype(np.int16))
    assert np.abs(passed[rate:]).max() / 8000 == pytest.approx(gain, abs=0.01)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_the_high_pass_does_not_depend_on_how_sound_is_cut(frames: list[int]) -> None:
    whole = np.random.default_rng(6).integers(-9000, 9000, sum(frames) * 160, np.int16)
    filters, pieces = HighPass(RATE), np.split(whole, np.cumsum(frames)[:-1] * 160)
    cut = np.concatenate([filters.filtered(piece) for piece in pieces])
    assert np.abs(cut - HighPass(RATE).filtered(whole).astype(int)).max() <= 1


def test_a_caller_is_delayed_while_the_canceller_works_and_no_change_clicks() -> None:
    paths = Paths(RATE, echo_cancelling=True, noise_suppression=False)
    assert paths.far is not None
    paths.far[:] = 0
    # After 8 ms of this tone its wave is upside down: a cut would be a jump of up to 8,000.
    tone = np.rint(4000 * np.sin(2 * np.pi * 437.5 * np.arange(3 * RATE) / RATE)).astype(np.int16)
    after = np.empty_like(tone)
    stated = set()
    for start in range(0, len(tone), paths.frame):
        frame = slice(start, start + paths.frame)
        paths.process(tone[frame], after[frame], cancel=RATE <= start < 2 * RATE)
        stated.add((RATE <= start < 2 * RATE, paths.delay_seconds))
    assert stated == {(False, 0.0), (True, 0.008)}
    settled = slice(RATE + RATE // 2, 2 * RATE)
    assert np.corrcoef(after[settled], tone[settled])[0, 1] < -0.5
    assert np.abs(np.diff(after[RATE // 2 :].astype(int))).max() < 1000


def test_a_prepared_call_computes_no_tables() -> None:
    tables = (high_pass._matrices, high_pass._chains, likeness._shape_and_bands, resampler._matrix)
    prepare(RATE, 24_000)
    before = [table.cache_info().misses for table in tables]
    front_end = FrontEnd()
    front_end.start(RATE)
    front_end.far(bytes(1920), 24_000)
    assert [table.cache_info().misses for table in tables] == before


def test_a_pages_report_is_read_and_nonsense_is_not() -> None:
    report = ClientSound.read(
        {"echoCancellation": True, "noiseSuppression": False, "autoGainControl": True, "new": 1}
    )
    assert report == ClientSound(echo_cancellation=True, auto_gain_control=True)
    for nonsense in (None, 1, [], {"echoCancellation": "yes"}, {"echoCancellation": None}):
        assert ClientSound.read(nonsense) is None


def test_a_processor_refuses_rates_that_webrtc_does_not_know() -> None:
    with pytest.raises(ValueError, match="44100"):
        Processor(44_100)
