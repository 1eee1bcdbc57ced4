"""The front end on echoes that are made up, in time that is counted."""

import numpy as np
import pytest

from services.bot.sound import Sound
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.front_end import FrontEnd
from tests.bench.sound import loudspeakers, rooms, speech
from tests.bench.sound.acoustic_loop import Clock, Loop, hiss
from tests.bench.sound.echo import ROOMS, Surroundings
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, fit, level_db, speech_level_db

SECONDS = 12
LOSS_DB = 6


@pytest.fixture(scope="module")
def far() -> Signal:
    return at_level(speech.agent_speech(SECONDS), -20)


@pytest.fixture(scope="module")
def response() -> Signal:
    return rooms.Room().response()


def echo_of(far: Signal, response: Signal, delay: float = 0.18) -> Signal:
    heard = rooms.heard(far, response, delay_seconds=delay, loss_db=LOSS_DB)
    return heard + hiss(len(heard))


def echo_of_place(played: Signal, place: Surroundings) -> Signal:
    heard = rooms.heard(
        played, place.room.response(), delay_seconds=place.delay_seconds, loss_db=place.loss_db
    )
    return heard + hiss(len(heard))


def cancelled(before: Signal, after: Signal, since: float, until: float) -> float:
    """By how many dB the microphone is quieter after the front end."""
    stretch = slice(int(since * SAMPLE_RATE), int(until * SAMPLE_RATE))
    return level_db(before[stretch]) - level_db(after[stretch])


def loudness(sound: Signal) -> Signal:
    """Of each 20 ms."""
    stretches = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    return np.asarray(np.sqrt(np.mean(stretches**2, axis=1)))


def test_the_agents_own_voice_is_taken_out(far: Signal, response: Signal) -> None:
    near = echo_of(far, response)
    assert cancelled(near, Loop().run(far, near), 4, SECONDS) > 40


def test_a_cheap_loudspeakers_voice_is_taken_out(far: Signal, response: Signal) -> None:
    near = echo_of(loudspeakers.harmonic(far), response)
    assert cancelled(near, Loop().run(far, near), 4, SECONDS) > 30


def test_an_echo_is_not_missed_because_frames_arrive_unevenly(
    far: Signal, response: Signal
) -> None:
    near = echo_of(far, response)
    late = np.random.default_rng(7).exponential(0.015, 50 * SECONDS)
    assert cancelled(near, Loop(network=late).run(far, near), 4, SECONDS) > 35


def test_a_stall_of_the_network_does_not_move_the_far_end(far: Signal, response: Signal) -> None:
    near = echo_of(far, response)
    late = [0.0] * 300 + [0.6 - 0.02 * step for step in range(30)]
    assert cancelled(near, Loop(network=late).run(far, near), 4, SECONDS) > 40


@pytest.mark.parametrize(("first", "then"), [(0.1, 0.6), (0.6, 0.1), (0.1, 1.1)])
def test_an_echo_that_comes_later_or_earlier_is_found_again(
    far: Signal, response: Signal, first: float, then: float
) -> None:
    far = np.tile(far, 2)
    at = SECONDS * SAMPLE_RATE
    near = np.concatenate((echo_of(far, response, first)[:at], echo_of(far, response, then)[at:]))
    after = Loop().run(far, near)
    assert cancelled(near, after, SECONDS - 3, SECONDS) > 35
    assert cancelled(near, after, SECONDS + 5, 2 * SECONDS) > 35


def test_a_caller_is_heard_unharmed_and_as_late_as_stated() -> None:
    said = fit(speech.recorded("where_is_my_order_4217").sound, 3 * SAMPLE_RATE)
    for sound in (Sound(), Sound(noise_suppression=True), Sound(echo_cancelling=False)):
        loop = Loop(sound)
        after = loop.run(np.zeros(len(said)), said)
        assert abs(speech_level_db(after) - speech_level_db(said)) < 3
        size = 2 * len(said)
        product = np.fft.rfft(after, size) * np.conj(np.fft.rfft(said, size))
        # Without the strength of its tones: the high-pass delays the lowest, which are strongest.
        evenly = np.fft.irfft(product / (np.abs(product) + 1e-6), size)
        lag = int(np.argmax(evenly[:SAMPLE_RATE]))
        assert abs(lag / SAMPLE_RATE - loop.front_end.delay_seconds) < 0.001


def test_a_caller_who_speaks_over_the_agent_is_heard(far: Signal, response: Signal) -> None:
    near = echo_of(far, response)
    said = 0.5 * speech.recorded("wait_stop_please").sound
    at = 8 * SAMPLE_RATE
    spoken = np.zeros(len(near))
    spoken[at : at + len(said)] = said
    after = Loop().run(far, near + spoken)
    delay = round(0.008 * SAMPLE_RATE)
    heard = after[at + delay : at + delay + len(said)]
    assert np.corrcoef(loudness(heard), loudness(said))[0, 1] > 0.8


def test_the_canceller_works_only_while_there_may_be_an_echo(far: Signal, response: Signal) -> None:
    loop = Loop()
    states: list[bool] = []
    sent = np.concatenate(
        (np.zeros(SAMPLE_RATE), far[: 2 * SAMPLE_RATE], np.zeros(3 * SAMPLE_RATE))
    )
    loop.run(sent, echo_of(sent, response), lambda _: states.append(loop.front_end.cancelling))
    assert not any(states[:49])
    assert all(states[51:190])
    assert not any(states[210:])


def test_it_rests_where_the_callers_device_leaves_no_echo(far: Signal, response: Signal) -> None:
    loop = Loop(client=ClientSound(echo_cancellation=True))
    quiet = hiss(len(far), -60)
    loop.run(far, quiet)
    assert loop.front_end.resting and not loop.front_end.cancelling
    loud = echo_of(far, response)
    after = loop.run(far, loud)
    assert not loop.front_end.resting
    assert cancelled(loud, after, 6, SECONDS) > 30


def test_it_does_not_rest_on_the_devices_word_alone(far: Signal, response: Signal) -> None:
    loop = Loop(client=ClientSound(echo_cancellation=True))
    loop.run(far, echo_of(far, response))
    assert not loop.front_end.resting


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_a_caller_who_talks_across_the_agent_does_not_wake_it(far: Signal, seed: int) -> None:
    chance = np.random.default_rng(seed)
    sent, said = np.zeros(60 * SAMPLE_RATE), np.zeros(60 * SAMPLE_RATE)
    words = [
        speech.recorded(name).sound for name in ("hello", "wait_stop_please", "track_order_9042")
    ]
    sentences = np.split(far, 6)
    for sound, choice, longest in ((sent, sentences, 2.0), (said, words, 4.0)):
        at = 0
        while True:
            at += int(chance.uniform(0.1, longest) * SAMPLE_RATE)
            piece = choice[chance.integers(len(choice))]
            if at + len(piece) > len(sound):
                break
            sound[at : at + len(piece)] = piece
            at += len(piece)
    loop = Loop(client=ClientSound(echo_cancellation=True))
    states: list[bool] = []
    loop.run(sent, said, lambda _: states.append(loop.front_end.resting))
    assert all(states)


@pytest.mark.parametrize("louder_db", [0, LOSS_DB])
def test_it_rests_within_a_second_where_nothing_comes_back_until_something_does(
    far: Signal, response: Signal, louder_db: float
) -> None:
    loop = Loop()
    rested: list[bool] = []
    loop.run(far[:SAMPLE_RATE], hiss(SAMPLE_RATE), lambda _: rested.append(loop.front_end.resting))
    loud = 10 ** (louder_db / 20) * echo_of(far, response)
    after = loop.run(far, loud, lambda _: rested.append(loop.front_end.resting))
    loop.run(far, hiss(len(far)), lambda _: rested.append(loop.front_end.resting))
    assert rested[50] and not any(rested[10 * 50 :])
    assert cancelled(loud, after, 9, SECONDS) > 30


@pytest.mark.parametrize("noise_db", [-np.inf, -40])
def test_it_does_not_rest_where_nothing_can_be_told(far: Signal, noise_db: float) -> None:
    loop = Loop()
    loop.run(far, hiss(len(far), noise_db))
    assert not loop.front_end.resting


@pytest.mark.parametrize("place", ROOMS)
@pytest.mark.parametrize("model", loudspeakers.MODELS)
def test_it_never_rests_in_a_room_with_a_loudspeaker(
    far: Signal, place: Surroundings, model: str
) -> None:
    loop = Loop()
    near = echo_of_place(loudspeakers.MODELS[model](far), place)
    states: list[bool] = []
    loop.run(far, near, lambda _: states.append(loop.front_end.resting))
    assert not any(states)


def test_noise_is_suppressed_on_request_and_not_twice() -> None:
    noise = hiss(4 * SAMPLE_RATE, -40)
    silence = np.zeros(len(noise))
    client = ClientSound(noise_suppression=True)
    asked = Loop(Sound(noise_suppression=True)).run(silence, noise)
    not_asked = Loop().run(silence, noise)
    twice = Loop(Sound(noise_suppression=True), client=client).run(silence, noise)
    assert level_db(asked[SAMPLE_RATE:]) < level_db(not_asked[SAMPLE_RATE:]) - 5
    assert abs(level_db(twice[SAMPLE_RATE:]) - level_db(not_asked[SAMPLE_RATE:])) < 1


def test_audio_that_will_not_be_played_is_forgotten(far: Signal) -> None:
    clock = Clock()
    front_end = FrontEnd(clock)
    front_end.start(SAMPLE_RATE)
    loud = bytes(b"\x00\x40" * SAMPLE_RATE)
    front_end.far(loud, SAMPLE_RATE)
    front_end.flush()
    clock.now += 1.5
    front_end.near(bytes(640))
    assert not front_end.cancelling


def test_a_rate_that_webrtc_does_not_work_at_is_refused() -> None:
    with pytest.raises(ValueError, match="11025 Hz"):
        FrontEnd().start(11_025)
    front_end = FrontEnd()
    front_end.start(SAMPLE_RATE)
    with pytest.raises(ValueError, match="no sample rate"):
        front_end.far(bytes(640), 1_000)
