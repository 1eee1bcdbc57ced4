"""What becomes of the rest of an answer that the caller has interrupted."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

#: A Nova that goes on speaking after so much quiet from the caller did not take them for one who
#: wants to speak; it notices those who do within a second.
IGNORED_SECONDS = 1.5

type NovaEvent = tuple[str, dict[str, Any]]

ANSWER_OVER: NovaEvent = ("answerOver", {})
"""An event of ours: nothing more comes of the answer that was being given."""

ANSWER_RESUMED: NovaEvent = ("answerResumed", {})
"""One more: the answer that was interrupted goes on."""

TIME_PASSED: NovaEvent = ("", {})
"""An event of nobody's, to be read now and then while it is undecided what was interrupted."""

_OF_BLOCKS = ("contentStart", "textOutput", "audioOutput", "contentEnd")


class Interruption:
    """Stands between Nova's events and whoever makes sound of them.

    Our own detector silences the agent as soon as the caller speaks. Nova takes longer to notice,
    and sends the next words of the answer meanwhile. They are kept back until it is clear what Nova
    takes the caller for:

    - It hears them, or has something else to say: what was kept back is dropped.
    - It goes on, or has nothing more to say, and the caller has been quiet for `IGNORED_SECONDS`:
      the answer goes on with what was kept back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has interrupted anybody.

        Args:
            clock: Tells seconds.
        """
        self._clock = clock
        self._state: Literal["none", "undecided", "noticed"] = "none"
        self._kept: list[NovaEvent] = []
        self._block: dict[str, Any] = {}
        self._answering = False
        self._nova_hears_caller = False
        self._caller_speaks = False
        self._quiet_since = clock()

    @property
    def undecided(self) -> bool:
        """Whether something may be kept back."""
        return self._state == "undecided"

    def caller_speaks(self, speaks: bool) -> None:
        """Our own detector hears the caller, or hears them no more."""
        self._caller_speaks, self._quiet_since = speaks, self._clock()

    def interrupt(self) -> None:
        """The agent has been silenced."""
        if self._answering and self._state == "none":
            self._state = "noticed" if self._nova_hears_caller else "undecided"
            self._quiet_since = self._clock()

    def read(self, event: NovaEvent) -> Sequence[NovaEvent]:
        """Takes an event, its kind and its fields; returns those that are to be handled now."""
        kind, fields = event
        if self._state == "none" and kind == "audioOutput":
            return (event,)
        if kind == "contentStart":
            self._block = fields
        if self._is_of_something_else(kind):
            over = self._answering or self._state != "none"
            self._settle()
            self._follow(kind, fields)
            return (ANSWER_OVER, event) if over else (event,)
        self._follow(kind, fields)
        if self._state == "undecided" and self._ignored:
            kept, self._kept, self._state = self._kept, [], "none"
            return (ANSWER_RESUMED, *kept, event) if kept else (event,)
        if self._state == "none" or not (kind in _OF_BLOCKS and self._is_agents):
            return (event,)
        if self._state == "undecided":
            self._kept.append(event)
        return ()

    @property
    def _is_agents(self) -> bool:
        return bool(self._block.get("role") == "ASSISTANT")

    @property
    def _ignored(self) -> bool:
        quiet_for = self._clock() - self._quiet_since
        return not self._caller_speaks and quiet_for >= IGNORED_SECONDS

    def _is_of_something_else(self, kind: str) -> bool:
        """Whether the answer that was being given is over with this event, if there was one."""
        if kind == "contentStart" and self._block.get("role") == "USER":
            return True  # also where Nova heard what our detector did not
        if self._state == "none":
            return False
        if kind != "contentStart":
            return kind == "completionStart"
        if not self._is_agents:
            return True
        waits_for_it = self._state == "noticed" and self._ignored
        return _is_sentence(self._block) and (waits_for_it or not self._answering)

    def _follow(self, kind: str, fields: dict[str, Any]) -> None:
        match kind:
            case "contentStart":
                self._answering = self._answering or _is_sentence(fields)
            case "contentEnd" if self._is_agents:
                stop = fields.get("stopReason")
                if stop == "INTERRUPTED":
                    self._notice()
                if stop == "INTERRUPTED" or (
                    stop == "END_TURN" and self._block.get("type") == "AUDIO"
                ):
                    self._answering = False
            case "userSpeechStart":
                self._nova_hears_caller = True
                self._notice()
            case "userSpeechEnd":
                self._nova_hears_caller = False

    def _notice(self) -> None:
        if self._state == "undecided":
            self._state = "noticed"
            self._kept.clear()

    def _settle(self) -> None:
        self._state = "none"
        self._kept.clear()
        self._answering = self._nova_hears_caller = False


def _is_sentence(block: dict[str, Any]) -> bool:
    """Whether a block holds what is about to be spoken."""
    stage = block.get("additionalModelFields", "")
    return block.get("role") == "ASSISTANT" and "SPECULATIVE" in stage
