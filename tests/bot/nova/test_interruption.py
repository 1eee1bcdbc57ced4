"""What is heard of an answer that the caller has interrupted before Nova knows of it."""

import json
from collections.abc import Sequence

import pytest
from pipecat.frames.frames import (
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.utils.text.base_text_aggregator import TextType

from services.bot.nova.interruption import (
    ANSWER_CUT,
    ANSWER_OVER,
    ANSWER_REPEATED,
    ANSWER_RESUMED,
    IGNORED_SECONDS,
    STREAM_LOST,
    TIME_PASSED,
    UNHEARD_SECONDS,
    Interruption,
    NovaEvent,
)
from services.bot.nova.unheard import Unheard
from tests.bot.nova.caller import texts
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.conversations import LONG_ANSWER


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def block(role: str, kind: str, stage: str = "") -> NovaEvent:
    extra = {"additionalModelFields": json.dumps({"generationStage": stage})} if stage else {}
    return "contentStart", {"role": role, "type": kind, **extra}


def ends(stop: str) -> NovaEvent:
    return "contentEnd", {"stopReason": stop}


def sound(words: str) -> NovaEvent:
    return "audioOutput", {"content": words}


SENTENCE = [
    block("ASSISTANT", "TEXT", "SPECULATIVE"),
    ("textOutput", {"content": "one two"}),
    ends("PARTIAL_TURN"),
    block("ASSISTANT", "AUDIO"),
]
CALLER = [
    block("USER", "TEXT", "FINAL"),
    ("textOutput", {"content": "stop"}),
    ends("PARTIAL_TURN"),
]
NOTICED: NovaEvent = ("userSpeechStart", {})
INTERRUPTED = [block("ASSISTANT", "TEXT", "FINAL"), ends("INTERRUPTED")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def answer(clock: Clock) -> Interruption:
    """An answer with one word spoken."""
    answer = Interruption(clock)
    spoken = [*SENTENCE, sound("one")]
    assert read(answer, spoken) == spoken
    return answer


def read(answer: Interruption, events: Sequence[NovaEvent]) -> list[NovaEvent]:
    return [handled for event in events for handled in answer.read(event)]


def test_an_answer_that_nobody_interrupts_is_handled_as_it_comes(answer: Interruption) -> None:
    rest = [sound("two"), ends("END_TURN"), ("completionEnd", {}), *CALLER, *SENTENCE]
    assert read(answer, rest) == rest


def test_what_nova_says_before_it_notices_is_dropped(answer: Interruption, clock: Clock) -> None:
    answer.caller_speaks(True)
    answer.interrupt()
    assert read(answer, [sound("two"), TIME_PASSED, NOTICED, sound("three")]) == [
        TIME_PASSED,
        NOTICED,
    ]
    answer.caller_speaks(False)
    clock.now += IGNORED_SECONDS + 1
    assert read(answer, [ends("END_TURN"), *INTERRUPTED]) == []
    assert read(answer, [*CALLER, *SENTENCE]) == [ANSWER_OVER, *CALLER, *SENTENCE]


@pytest.mark.parametrize("news", [CALLER, [("completionStart", {}), *SENTENCE]], ids=str)
def test_what_nova_says_before_something_else_is_dropped(
    answer: Interruption, news: list[NovaEvent]
) -> None:
    answer.interrupt()
    rest = [sound("two"), ends("PARTIAL_TURN")]
    assert read(answer, [*rest, *news]) == [ANSWER_OVER, *news]
    assert not answer.undecided


def test_a_nova_that_noticed_first_is_waited_for_no_more(answer: Interruption) -> None:
    read(answer, [NOTICED])
    answer.interrupt()
    assert not answer.undecided
    assert read(answer, [sound("two"), ends("END_TURN")]) == []
    assert read(answer, SENTENCE) == [ANSWER_OVER, *SENTENCE]


def test_a_nova_that_goes_on_took_the_caller_for_a_noise(
    answer: Interruption, clock: Clock
) -> None:
    answer.caller_speaks(True)
    answer.interrupt()
    clock.now += 2 * IGNORED_SECONDS
    assert read(answer, [sound("two"), TIME_PASSED]) == [TIME_PASSED]
    answer.caller_speaks(False)
    clock.now += 0.9 * IGNORED_SECONDS
    assert read(answer, [sound("three")]) == []
    clock.now += 0.2 * IGNORED_SECONDS
    assert read(answer, [sound("four")]) == [
        ANSWER_RESUMED,
        SENTENCE[-1],
        sound("two"),
        sound("three"),
        sound("four"),
    ]
    assert read(answer, [sound("five")]) == [sound("five")]


def test_an_answer_that_paused_meanwhile_goes_on(answer: Interruption, clock: Clock) -> None:
    answer.interrupt()
    clock.now += IGNORED_SECONDS
    assert read(answer, [sound("two"), sound("three")]) == [
        ANSWER_RESUMED,
        sound("two"),
        sound("three"),
    ]


def test_the_last_words_are_heard_though_nova_has_finished(
    answer: Interruption, clock: Clock
) -> None:
    answer.interrupt()
    rest = [sound("two"), ends("END_TURN")]
    assert read(answer, rest) == []
    clock.now += IGNORED_SECONDS
    assert read(answer, [TIME_PASSED]) == [TIME_PASSED], "it may tell of the caller yet"
    clock.now += UNHEARD_SECONDS - IGNORED_SECONDS
    assert read(answer, [TIME_PASSED]) == [ANSWER_RESUMED, SENTENCE[-1], *rest, TIME_PASSED]


class Waiting(Unheard):
    """A word that has been handled and not been heard yet."""

    def __init__(self) -> None:
        super().__init__()
        self._tell = self.follow()
        self._word = TTSTextFrame("one", text_type=TextType.WORD)
        self.say(self._word)

    def was_heard(self) -> None:
        self._tell(self._word)


def test_an_answer_that_was_sent_whole_goes_on(clock: Clock) -> None:
    answer = Interruption(clock, unheard=(unheard := Waiting()))
    read(answer, [*SENTENCE, sound("one"), ends("END_TURN")])
    answer.interrupt()
    assert answer.undecided
    clock.now += UNHEARD_SECONDS
    tool = [block("TOOL", "TOOL"), TIME_PASSED, ("toolUse", {})]
    assert read(answer, tool) == [ANSWER_REPEATED, *tool]
    assert unheard


def test_an_answer_that_was_heard_meanwhile_does_not_go_on(clock: Clock) -> None:
    answer = Interruption(clock, unheard=(unheard := Waiting()))
    answer.interrupt()
    unheard.was_heard()
    clock.now += UNHEARD_SECONDS
    assert read(answer, [TIME_PASSED]) == [TIME_PASSED]
    assert not answer.undecided


@pytest.mark.parametrize("news", [[NOTICED], CALLER, INTERRUPTED, [STREAM_LOST]], ids=str)
def test_nothing_is_said_again_to_a_caller_whom_nova_has_heard_or_cannot_hear(
    clock: Clock, news: list[NovaEvent]
) -> None:
    answer = Interruption(clock, unheard=(unheard := Waiting()))
    answer.interrupt()
    read(answer, news)
    clock.now += 2 * UNHEARD_SECONDS
    assert read(answer, [TIME_PASSED]) == [TIME_PASSED]
    assert not unheard.take()


@pytest.mark.parametrize("news", [[NOTICED], CALLER, [STREAM_LOST, TIME_PASSED]], ids=str)
def test_nor_where_that_was_known_before(clock: Clock, news: list[NovaEvent]) -> None:
    answer = Interruption(clock, unheard=(unheard := Waiting()))
    read(answer, news)
    answer.interrupt()
    assert not answer.undecided
    assert not unheard.take()


def test_nova_is_believed_again_when_it_is_back(clock: Clock) -> None:
    answer = Interruption(clock, unheard=Waiting())
    read(answer, [STREAM_LOST, ("usageEvent", {})])
    answer.interrupt()
    assert answer.undecided


def test_a_tool_is_called_though_its_announcement_was_interrupted(
    answer: Interruption, clock: Clock
) -> None:
    tool = [block("TOOL", "TOOL"), ("toolUse", {}), ends("TOOL_USE")]
    answer.interrupt()
    assert read(answer, [sound("two"), ends("PARTIAL_TURN"), *tool]) == tool
    clock.now += IGNORED_SECONDS
    assert read(answer, [TIME_PASSED]) == [
        ANSWER_RESUMED,
        SENTENCE[-1],
        sound("two"),
        ends("PARTIAL_TURN"),
        TIME_PASSED,
    ]


def test_a_voice_that_nova_does_not_hear_holds_nothing_up_for_long(
    answer: Interruption, clock: Clock
) -> None:
    read(answer, [NOTICED, ("userSpeechEnd", {})])
    answer.caller_speaks(True)
    answer.interrupt()
    assert read(answer, [sound("two")]) == []
    clock.now += UNHEARD_SECONDS
    assert read(answer, [sound("three")])[-2:] == [sound("two"), sound("three")]


def test_an_answer_that_went_on_is_cut_for_a_caller_whom_nova_tells_of_late(
    answer: Interruption, clock: Clock
) -> None:
    answer.interrupt()
    clock.now += IGNORED_SECONDS
    read(answer, [sound("two"), ends("END_TURN")])
    assert read(answer, [*CALLER, *SENTENCE]) == [ANSWER_CUT, *CALLER, *SENTENCE]
    assert read(answer, [ends("END_TURN"), *CALLER]) == [ends("END_TURN"), *CALLER]


@pytest.mark.parametrize("seconds", [0, IGNORED_SECONDS])
def test_a_nova_that_heard_a_noise_is_heard_again(
    answer: Interruption, clock: Clock, seconds: float
) -> None:
    answer.interrupt()
    read(answer, [NOTICED, ends("PARTIAL_TURN")])
    assert read(answer, SENTENCE) == []
    clock.now += seconds
    if not seconds:
        read(answer, [("userSpeechEnd", {})])
    assert read(answer, SENTENCE) == [ANSWER_OVER, *SENTENCE]


def test_between_answers_there_is_nothing_to_interrupt(answer: Interruption) -> None:
    read(answer, [ends("END_TURN")])
    answer.interrupt()
    assert read(answer, SENTENCE) == SENTENCE


def test_an_answer_without_an_end_is_over_when_nova_tells_what_the_caller_said(
    answer: Interruption,
) -> None:
    assert read(answer, [ends("PARTIAL_TURN"), *CALLER]) == [
        ends("PARTIAL_TURN"),
        ANSWER_OVER,
        *CALLER,
    ]


async def test_an_interrupted_agent_says_nothing_more_of_its_answer(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(
        mind=LONG_ANSWER,
        endpointing={"onset_ms": 600},
        pace={"lead_ms": 200, "announce_interruption": False},
    )
    caller = await dial(emulator)
    await caller.write("Tell me a story.")
    await caller.after.until(lambda: caller.after.of(TTSAudioRawFrame))
    await caller.worker.queue_frames([UserStartedSpeakingFrame(), InterruptionFrame()])
    await caller.after.until(lambda: caller.after.of(InterruptionFrame))
    silenced = len(caller.after.frames)
    await caller.speak("Wait, stop, please, I would like to ask something else.")
    await caller.worker.queue_frame(UserStoppedSpeakingFrame())
    await caller.until_said("I heard you.")
    since = caller.after.frames[silenced:]
    (begins,) = [at for at, each in enumerate(since) if isinstance(each, LLMFullResponseStartFrame)]
    assert not any(isinstance(each, TTSAudioRawFrame | LLMTextFrame) for each in since[:begins])
    assert "part 1" not in " ".join(caller.messages("assistant"))
    assert len(caller.messages("user")) == 2, "what was written, and what was said"

    caller.nova.brief("You are Bo.", anew=True)
    assert await emulator.streams[0].wait_for_end(seconds=15) == "session ended"
    told = texts(emulator.streams[1], interactive=False)
    assert "Tell me a story." in str(told)
    assert "part 0" not in str(told), "it was silenced within its first words"


async def test_an_agent_that_was_interrupted_by_a_noise_says_all_the_rest(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=LONG_ANSWER, pace={"lead_ms": 200})
    caller = await dial(emulator)
    await caller.write("Tell me a story.")
    await caller.after.until(lambda: caller.after.of(TTSAudioRawFrame))
    await caller.worker.queue_frame(InterruptionFrame())
    await caller.until_said("part 3.")
    said = " ".join(caller.messages("assistant"))
    assert [f"part {n}." in said for n in (1, 2, 3)] == [True] * 3


async def test_an_answer_that_nova_has_sent_whole_is_said_again_though_nova_is_silent(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=LONG_ANSWER)
    caller = await dial(emulator)
    heard = caller.nova.mouth.unheard.follow()
    await caller.write("Tell me a story.")
    await caller.after.until(lambda: caller.after.of(TTSTextFrame))
    heard(caller.after.of(TTSTextFrame)[0])
    await caller.worker.queue_frame(InterruptionFrame())
    await caller.after.until(lambda: len(caller.after.of(LLMFullResponseStartFrame)) == 2)
    assert "completionEnd" not in emulator.streams[0].output_names(), "nothing of Nova's came"
    await caller.after.until(lambda: len(caller.after.of(LLMFullResponseEndFrame)) == 2)
    again = caller.after.frames[caller.after.frames.index(caller.after.of(InterruptionFrame)[0]) :]
    words = [each.text for each in again if isinstance(each, TTSTextFrame)]
    assert " ".join(words).startswith("is part 0. This is part 1.")
    assert " ".join(words).endswith("This is part 3.")


async def test_nothing_is_said_again_after_an_interruption_of_novas_own(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    caller = await dial(await start_emulator(mind=LONG_ANSWER))
    caller.nova.mouth.unheard.follow()
    await caller.write("Tell me a story.")
    await caller.after.until(lambda: caller.after.of(TTSTextFrame))
    assert caller.nova.mouth.unheard
    await caller.nova.broadcast_interruption()
    assert not caller.nova.mouth.unheard
