"""What caller and agent have said, and what the agent still owes an answer to."""

import time
from collections.abc import Callable

from services.bot.nova.answer import BYTES_A_SECOND, Answer
from services.bot.nova.history import Line
from services.bot.nova.tool_calls import ToolCalls


class Turns:
    """The turns of a conversation: those that are over, and the one that is under way.

    Attributes:
        lines: What was said in the turns that are over.
        tools: The tools that Nova has called.
        asked_in_vain: Whether the question got no answer; the next stream is asked too, and is not
            waited for.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        bytes_a_second: int = BYTES_A_SECOND,
    ) -> None:
        """Nobody has said anything.

        Args:
            clock: Tells seconds.
            bytes_a_second: Of the agent's audio.
        """
        self.lines: list[Line] = []
        self.tools = ToolCalls(clock)
        self.asked_in_vain = False
        self._clock = clock
        self._bytes_a_second = bytes_a_second
        self._question: list[str] = []
        self._already_said: list[str] = []
        self._answer: Answer | None = None
        self._last_answer: Answer | None = None

    @property
    def pending(self) -> bool:
        """Whether the agent owes an answer, or is in the middle of one."""
        return bool(self._question or self._answer or self.tools)

    @property
    def owed(self) -> bool:
        """Whether it is for Nova to say the next word."""
        return bool(self._question or self._answer) and not (self.tools or self.asked_in_vain)

    def asked(self, text: str) -> None:
        """Something is to be answered."""
        self._question.append(text)

    def caller_said(self, text: str) -> None:
        """The caller has said something, and waits for nothing that was pending before."""
        self.barged_in()
        self.tools.moved_on()
        self.asked(text)
        self.asked_in_vain = False

    def agent_says(self, text: str) -> None:
        """A sentence of the answer, about to be spoken."""
        if self._answer is None:
            self._answer = Answer(self._clock, bytes_a_second=self._bytes_a_second)
        self._answer.add_text(text)

    def agent_sounds(self, pcm_bytes: int) -> None:
        """Audio of the answer's latest sentence."""
        if self._answer is not None:
            self._answer.add_audio(pcm_bytes)

    def answered(self) -> None:
        """The answer is complete, though the caller may still be listening to it."""
        answer, self._answer = self._answer, None
        if answer is None:
            return
        if self.tools:
            self._already_said.append(answer.text)  # "Let me look that up": more is to come
        else:
            self._turn_over(answer.text)
        self._last_answer = answer

    def barged_in(self) -> None:
        """The caller speaks: an answer that is still playing ends with what was heard of it."""
        if self._answer is not None:
            self._turn_over(self._answer.heard())
        elif (last := self._last_answer) is not None and last.playing:
            if self._already_said:
                self._already_said[-1] = last.heard()
            elif self.lines:
                self.lines[-1] = Line("ASSISTANT", last.heard())
        self._last_answer = None

    def silence(self) -> None:
        """From now on the caller hears nothing of what the agent is saying."""
        for answer in filter(None, (self._answer, self._last_answer)):
            answer.silence()

    def go_on(self) -> None:
        """They hear the rest of it, from where it was silenced."""
        if self._answer is not None:
            self._answer.go_on()
        elif self._last_answer is not None:
            self._last_answer.go_on()

    def stream_lost(self) -> bool:
        """Keeps what is unfinished; whether that is an answer which was being given.

        What has arrived of a sentence will be played, so it counts as said, unless it was silenced.
        """
        answer, self._answer = self._answer, None
        if answer is not None and (said := answer.heard() if answer.silent else answer.received()):
            self._already_said.append(said)
        self.tools.stream_lost()
        return answer is not None

    def owed_question(self) -> str:
        """What a new stream is asked, with all that the answer is to rest on; may be empty."""
        if not (self._question or self._already_said):
            return ""
        parts = [" ".join(self._question)]
        if self.tools.results:
            parts.append("What the tools returned for this: " + "; ".join(self.tools.results))
        if self._already_said:
            parts.append(go_on_after(" ".join(self._already_said)))
        return "\n\n".join(part for part in parts if part)

    def _turn_over(self, said: str) -> None:
        if self._question:
            self.lines.append(Line("USER", " ".join(self._question)))
        if said or self._already_said:
            self.lines.append(Line("ASSISTANT", " ".join([*self._already_said, said])))
        self._question, self._already_said = [], []
        self.tools.turn_over()
        self._answer = None
        self.asked_in_vain = False


def go_on_after(said: str) -> str:
    """Asks Nova for the rest of an answer, of which it said so much before it was cut off."""
    return f'The line broke while you were answering, after: "{said}" Go on from there.'
