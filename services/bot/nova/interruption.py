"""What becomes of the rest of an answer that the caller has interrupted."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from services.bot.nova.unheard import Unheard

#: A Nova that goes on speaking after so much quiet from the caller did not take them for one who
#: wants to speak; it notices those who do within a second.
IGNORED_SECONDS = 1.5
#: So did one that has told of callers before, and not of this voice for so long: a television's.
#: And one that had no more to say and has been silent for so long: it tells of a caller only when
#: they have said all they wanted, up to 2 s after their last word.
UNHEARD_SECONDS = 3.0

type NovaEvent = tuple[str, dict[str, Any]]

ANSWER_OVER: NovaEvent = ("answerOver", {})
"""An event of ours: nothing more comes of the answer that was being given."""

ANSWER_CUT: NovaEvent = ("answerCut", {})
"""The same, and what the caller may still be hearing of it is for them no more."""

ANSWER_RESUMED: NovaEvent = ("answerResumed", {"more": True})
"""The answer that was interrupted goes on."""

ANSWER_REPEATED: NovaEvent = ("answerResumed", {"more": False})
"""The same, of one that Nova had sent all of: what waited to be played is all there is."""

STREAM_LOST: NovaEvent = ("streamLost", {})
"""An event of ours, to be read: nobody hears the caller until Nova's next event."""

TIME_PASSED: NovaEvent = ("", {})
"""An event of nobody's, to be read now and then while it is undecided what was interrupted."""

_OF_BLOCKS = ("contentStart", "textOutput", "audioOutput", "contentEnd")


class Interruption:
    """Stands between Nova's events and whoever makes sound of them.

    Our own detector silences the agent as soon as the caller speaks. Nova takes longer to notice,
    and sends the next words of the answer meanwhile. They are kept back until it is clear what Nova
    takes the caller for:

    - It hears them, or has something else to say, or its stream is lost: what was kept back is
      dropped.
    - It goes on, or has nothing more to say, and the caller has been quiet for `IGNORED_SECONDS`
      or Nova has not heard their voice for `UNHEARD_SECONDS`: the answer goes on with what was
      waiting to be played when it was interrupted, and with what was kept back.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        unheard: Unheard | None = None,
    ) -> None:
        """Nobody has interrupted anybody.

        Args:
            clock: Tells seconds.
            unheard: What came of the events that were handled and is to be heard yet.
        """
        self._clock = clock
        self._unheard = unheard if unheard is not None else Unheard()
        self._state: Literal["none", "undecided", "noticed"] = "none"
        self._kept: list[NovaEvent] = []
        self._block: dict[str, Any] = {}
        self._answering = self._resumed = self._sent_whole = False
        self._nova_hears_caller = self._nova_tells = self._nova_is_gone = False
        self._interrupted_at = clock()
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
        if self._state == "none" and (self._answering or self._unheard):
            self._state, self._resumed = "undecided", False
            self._sent_whole = not self._answering
            self._interrupted_at = self._clock()
            if self._nova_hears_caller or self._nova_is_gone:
                self._notice()

    def read(self, event: NovaEvent) -> Sequence[NovaEvent]:
        """Takes an event, its kind and its fields; returns those that are to be handled now."""
        kind, fields = event
        if self._state == "none" and kind == "audioOutput":
            return (event,)
        if kind == "contentStart":
            self._block = fields
        if self._is_of_something_else(kind):
            ended = self._ended()
            self._follow(kind, fields)
            return (*ended, event)
        self._follow(kind, fields)
        if self._state == "undecided" and self._ignored:
            return (*self._resume(), event)
        if self._state == "none" or not (kind in _OF_BLOCKS and self._is_agents):
            return (event,)
        if self._state == "undecided":
            if not self._kept and kind != "contentStart":
                self._kept.append(("contentStart", self._block))  # a tool's may come in between
            self._kept.append(event)
        return ()

    @property
    def _is_agents(self) -> bool:
        return bool(self._block.get("role") == "ASSISTANT")

    @property
    def _ignored(self) -> bool:
        now = self._clock()
        if self._nova_tells and now - self._interrupted_at >= UNHEARD_SECONDS:
            return True
        patience = IGNORED_SECONDS if self._answering or self._nova_tells else UNHEARD_SECONDS
        quiet_since = max(self._quiet_since, self._interrupted_at)
        return not self._caller_speaks and now - quiet_since >= patience

    def _is_of_something_else(self, kind: str) -> bool:
        """Whether the answer that was being given is over with this event, if there was one."""
        if kind == "contentStart" and self._block.get("role") == "USER":
            return True  # also where Nova heard what our detector did not
        if self._state == "none":
            return False
        if kind != "contentStart":
            return kind == "completionStart"
        noticed = self._state == "noticed"
        if not self._is_agents:
            return noticed  # a tool is called in the middle of an answer, too
        caller_done = noticed and (self._ignored or not self._nova_hears_caller)
        return _is_sentence(self._block) and (caller_done or not self._answering)

    def _follow(self, kind: str, fields: dict[str, Any]) -> None:
        self._nova_is_gone = kind == "streamLost" or (self._nova_is_gone and not kind)
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
                self._nova_hears_caller = self._nova_tells = True
                self._notice()
            case "streamLost":
                self._notice()
            case "userSpeechEnd" | "completionStart":
                self._nova_hears_caller = False

    def _notice(self) -> None:
        if self._state == "undecided":
            self._state = "noticed"
            self._forget()

    def _resume(self) -> Sequence[NovaEvent]:
        kept, self._kept, self._state = self._kept, [], "none"
        self._resumed = bool(kept or self._answering or self._unheard)
        if not self._resumed:
            return ()
        return (ANSWER_REPEATED if self._sent_whole else ANSWER_RESUMED, *kept)

    def _ended(self) -> Sequence[NovaEvent]:
        over, cut = self._answering or self._state != "none", self._resumed
        self._forget()
        self._state = "none"
        self._answering = self._resumed = self._nova_hears_caller = False
        return (ANSWER_CUT,) if cut else (ANSWER_OVER,) if over else ()

    def _forget(self) -> None:
        self._kept.clear()
        self._unheard.forget()


def _is_sentence(block: dict[str, Any]) -> bool:
    """Whether a block holds what is about to be spoken."""
    stage = block.get("additionalModelFields")
    return block.get("role") == "ASSISTANT" and "SPECULATIVE" in str(stage)
