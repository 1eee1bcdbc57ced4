"""What becomes of sound that comes late, in both directions, by a clock of the test's own."""

import random
from dataclasses import dataclass, field

import pytest

from services.bot.transports.late_sound import LIMIT_SECONDS, LateSound, LateSpeech

RATE = 16_000
FRAME = 0.02
VOICE = b"\x00\x20" * 320
PAUSE = bytes(640)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Listening:
    """Frames of 20 ms with the times of their arrival, and which were kept."""

    clock: Clock = field(default_factory=Clock)
    kept: list[tuple[int, float]] = field(default_factory=list)
    frames: int = 0

    def __post_init__(self) -> None:
        self.late = LateSound(RATE, self.clock)
        self.began = self.clock.now

    def at(self, arrival: float, pcm: bytes = VOICE) -> None:
        """The next frame arrives so many seconds after the call's beginning."""
        self.clock.now = max(self.clock.now, self.began + arrival)
        if self.late.keep(pcm):
            self.kept.append((self.frames, arrival))
        self.frames += 1

    def left_out(self) -> float:
        return (self.frames - len(self.kept)) * FRAME

    def stalled(self, since: float, seconds: float, until: float, pcm: bytes = VOICE) -> None:
        """Frames of a caller whose network stalls once."""
        while (sent := self.frames * FRAME) < until:
            self.at(since + seconds if since <= sent < since + seconds else sent, pcm)


def test_a_good_network_loses_nothing() -> None:
    call = Listening()
    call.stalled(0, 0, until=60)
    assert call.left_out() == 0


def test_lumps_and_jitter_of_half_a_second_lose_nothing() -> None:
    call, chance = Listening(), random.Random(1)  # noqa: S311
    while (sent := call.frames * FRAME) < 60:
        call.at(sent + chance.uniform(0, 0.5))
    assert call.left_out() == 0


@pytest.mark.parametrize("seconds", [0.3, 0.9])
def test_a_short_stall_loses_no_word(seconds: float) -> None:
    call = Listening()
    call.stalled(5, seconds, until=10)
    assert call.left_out() == 0


def test_after_a_long_stall_the_newest_second_is_heard() -> None:
    call = Listening()
    call.stalled(5, 3, until=10)

    behind = [arrival - frame * FRAME for frame, arrival in call.kept if frame * FRAME >= 5.3]
    assert max(behind) <= LIMIT_SECONDS + FRAME
    kept = {frame for frame, _ in call.kept}
    out = [frame for frame in range(call.frames) if frame not in kept]
    assert out == list(range(out[0], out[-1] + 1)), "in one piece"
    assert 1.6 < call.left_out() < 2.1


def test_a_burst_that_comes_at_twice_the_pace_is_left_out_in_one_piece() -> None:
    call = Listening()
    while (sent := call.frames * FRAME) < 15:
        call.at(sent if sent < 5 else max(sent, 8 + (sent - 5) / 2))

    kept = {frame for frame, _ in call.kept}
    out = [frame for frame in range(call.frames) if frame not in kept]
    assert out == list(range(out[0], out[-1] + 1))
    assert call.left_out() > 1


def test_pauses_that_were_held_up_are_cut_short() -> None:
    call = Listening()
    call.stalled(5, 0.9, until=10, pcm=PAUSE)
    assert 0.2 < call.left_out() < 0.9


def test_a_network_that_is_too_slow_makes_nobody_deaf() -> None:
    call = Listening()
    while call.frames * FRAME < 60:
        call.at(call.frames * FRAME * 1.3)
    assert call.left_out() == 0


def test_a_way_that_became_longer_is_no_stall() -> None:
    call = Listening()
    while (sent := call.frames * FRAME) < 60:
        call.at(sent if sent < 5 else sent + 3)
    assert call.left_out() == 0


def test_lateness_is_told_once() -> None:
    call = Listening()
    call.stalled(5, 3, until=9)
    assert call.late.take_lateness() == pytest.approx(3, abs=0.05)
    assert call.late.take_lateness() == 0


@dataclass
class Speaking:
    """An agent's frames of 40 ms into a socket that blocks at times."""

    clock: Clock = field(default_factory=Clock)
    said: list[tuple[int, float]] = field(default_factory=list)

    def say(self, seconds: float, blocked: dict[int, float], pace: float = 1.0) -> None:
        late, began = LateSpeech(RATE, self.clock), self.clock.now + 1
        self.clock.now = began
        for frame in range(round(seconds / 0.04)):
            if late.keep(VOICE * 2):
                self.said.append((frame, self.clock.now - began))
                self.clock.now += 0.04 * pace + blocked.get(frame, 0)
                late.written()

    def behind(self) -> list[float]:
        return [at - 0.04 * frame for frame, at in self.said]


def test_an_agent_goes_on_where_a_short_stall_stopped_it() -> None:
    agent = Speaking()
    agent.say(10, {50: 0.9})
    assert [frame for frame, _ in agent.said] == list(range(250))


def test_an_agent_goes_on_at_now_after_a_long_stall() -> None:
    agent = Speaking()
    agent.say(10, {50: 3.0})
    assert max(agent.behind()[60:]) < 0.3
    assert len(agent.said) == pytest.approx(250 - 3.0 / 0.04, abs=8)


def test_an_agent_never_falls_far_behind_on_a_slow_network() -> None:
    agent = Speaking()
    agent.say(30, {}, pace=1.3)
    assert max(agent.behind()) < LIMIT_SECONDS + 0.1
    assert len(agent.said) > 500


def test_what_comes_after_a_rest_is_in_time() -> None:
    clock = Clock()
    late = LateSpeech(RATE, clock)
    assert late.keep(VOICE)
    clock.now += 0.8
    late.written()
    assert late.keep(VOICE)
    late.written()
    clock.now += 2
    assert all(late.keep(VOICE) for _ in range(10))
