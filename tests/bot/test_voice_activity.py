"""Our own view of when the caller speaks."""

from datetime import timedelta

from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy

from services.bot.agent import VoiceActivity
from services.bot.voice_activity import PaddedSilero
from tests.bot.sentences import sentence

FRAME = 640


async def states(detector: PaddedSilero, pcm: bytes) -> list[VADState]:
    found = []
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
