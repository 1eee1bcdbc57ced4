"""Our own view of when the caller speaks."""

from datetime import timedelta

import numpy as np
import pytest
from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy

from services.bot.agent import VoiceActivity
from services.bot.voice_activity import PaddedSilero
from tests.bench.detection.corpus import Scene, scenes
from tests.bench.detection.measure import agreement, judge, ours_hears, stock_hears
from tests.bot.sentences import sentence

FRAME = 640


async def states(detector: PaddedSilero, pcm: bytes) -> list[VADState]:
    found: list[VADState] = []
    for start in range(0, len(pcm), FRAME):
        state = await detector.analyze_audio(pcm[start : start + FRAME])
        if not found or found[-1] is not state:
            found.append(state)
    return found


async def test_speech_is_found_and_its_end_too() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    found = await states(detector, sentence("where_is_my_order_4217"))
    assert VADState.SPEAKING in found
    assert found[-1] is VADState.QUIET


async def test_whoever_listens_is_told_of_each_change_and_of_nothing_else() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    told: list[VADState] = []
    detector.on_state = told.append
    found = await states(detector, sentence("where_is_my_order_4217"))
    assert told == found[1:]
    assert told[:2] == [VADState.STARTING, VADState.SPEAKING]


async def test_each_window_is_told_before_the_states_are_sure() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    told: list[float | VADState] = []
    detector.on_window = lambda _, confidence: told.append(confidence)
    detector.on_state = told.append
    await states(detector, sentence("where_is_my_order_4217"))
    sure = next(i for i, each in enumerate(told) if isinstance(each, float) and each > 0.8)
    assert sure < told.index(VADState.STARTING)


async def test_a_noise_is_calm_after_a_while_and_speech_is_not() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    noise = (np.random.default_rng(5).standard_normal(3 * 16_000) * 100).astype("<i2").tobytes()
    for start in range(0, len(noise), FRAME):
        detector.hear(noise[start : start + FRAME])
    assert detector.calm
    detector.on_state = lambda state: told.append(detector.calm)
    told: list[bool] = []
    detector.hear(sentence("where_is_my_order_4217"))
    assert told and not any(told)


async def test_whoever_speaks_when_a_loud_noise_has_ended_is_found() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    said = np.frombuffer(sentence("hello"), "<i2")
    # Ten times as loud as the sentence.
    level = 10 * np.sqrt(np.mean(said.astype(np.float64) ** 2)) / 3
    noise = np.random.default_rng(5).standard_normal(8 * 16_000) * level
    silence = np.zeros(8_000)
    sound = np.concatenate((np.clip(noise, -32768, 32767), silence, said / 3)).astype("<i2")
    assert VADState.SPEAKING in await states(detector, sound.tobytes())


async def test_a_louder_threshold_hears_less() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity(min_volume=1.0))
    assert VADState.SPEAKING not in await states(detector, sentence("where_is_my_order_4217"))


def test_the_pad_keeps_the_turn_open_and_sets_its_start_back() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity(speech_pad_ms=400))
    (stop,) = detector.turn_strategies().stop or []
    assert isinstance(stop, SpeechTimeoutUserTurnStopStrategy)
    assert stop._user_speech_timeout == 0.4
    assert detector.start_lag == timedelta(seconds=0.6)


@pytest.fixture(scope="module")
def surroundings() -> list[Scene]:
    """Sentences in quiet and in every noise."""
    return scenes(2)


def test_it_decides_as_pipecats_detector_does(surroundings: list[Scene]) -> None:
    for scene in surroundings:
        ours, stock = judge(ours_hears(), scene), judge(stock_hears(), scene)
        assert agreement(ours, stock) > 97, scene.name
        assert len(ours.onsets) == len(stock.onsets), scene.name
        assert ours.onsets == pytest.approx(stock.onsets, abs=0.07), scene.name


def test_nobody_asks_the_network_in_silence() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    asked: list[float] = []
    detector.on_window = lambda _, confidence: asked.append(confidence)
    room = np.random.default_rng(1).integers(-20, 20, 10 * 16_000).astype("<i2").tobytes()
    detector.hear(room)
    assert not asked
    detector.hear(sentence("where_is_my_order_4217"))
    assert asked
    detector.hear(room)
    heard = len(asked)
    detector.hear(room)
    assert len(asked) == heard


def test_windows_are_heard_together_while_somebody_speaks() -> None:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    told: list[int] = []
    detector.on_window = lambda *_: told.append(1)
    speech = sentence("where_is_my_order_4217")
    together: list[int] = []
    for start in range(0, len(speech), 1024):
        told.clear()
        before = detector.hear(b"")
        detector.hear(speech[start : start + 1024])
        if before is VADState.SPEAKING:
            together.append(len(told))
        else:
            assert len(told) <= 1
    assert max(together) == 4
    assert together.count(4) > len(together) / 8


def test_sound_in_one_piece_is_heard_as_in_many() -> None:
    speech = sentence("where_is_my_order_4217")
    told: dict[int, list[VADState]] = {}
    for size in (2, 320, 6000, len(speech)):
        detector = PaddedSilero()
        detector.listen_for(VoiceActivity())
        told[size] = []
        detector.on_state = told[size].append
        for start in range(0, len(speech), size):
            detector.hear(speech[start : start + size])
    assert VADState.SPEAKING in told[2]
    assert all(each == told[2] for each in told.values())
