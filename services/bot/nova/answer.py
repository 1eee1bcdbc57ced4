"""What the agent says in one answer, and how much of it the caller has heard."""

import time
from collections.abc import Callable
from dataclasses import dataclass

BYTES_A_SECOND = 24_000 * 2
"""Nova's audio, unless it is asked for another rate: 24 kHz, 16 bit, mono."""


@dataclass(slots=True)
class Sentence:
    """One sentence, with the length of its audio so far."""

    text: str
    seconds: float = 0.0


class Answer:
    """An answer as it arrives: sentence by sentence, each with its audio.

    Nova speaks faster than real time and the transport plays in real time, so what the caller has
    heard is estimated from the time since the first audio.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        bytes_a_second: int = BYTES_A_SECOND,
    ) -> None:
        """An answer without a word yet."""
        self._clock = clock
        self._bytes_a_second = bytes_a_second
        self._sentences: list[Sentence] = []
        self._playing_since: float | None = None
        self._silent_since: float | None = None

    def add_text(self, text: str) -> None:
        """A sentence that is about to be spoken."""
        self._sentences.append(Sentence(text.strip()))

    def add_audio(self, pcm_bytes: int) -> None:
        """Audio of the latest sentence."""
        if self._playing_since is None:
            self._playing_since = self._clock()
        if self._sentences:
            self._sentences[-1].seconds += pcm_bytes / self._bytes_a_second

    def silence(self) -> None:
        """From now on the caller hears nothing of it."""
        if self._silent_since is None:
            self._silent_since = self._clock()

    def go_on(self) -> None:
        """They hear the rest, from where it was silenced."""
        if self._silent_since is not None and self._playing_since is not None:
            self._playing_since += self._clock() - max(self._silent_since, self._playing_since)
        self._silent_since = None

    @property
    def silent(self) -> bool:
        """Whether they hear nothing of it."""
        return self._silent_since is not None

    @property
    def _seconds(self) -> float:
        return sum(sentence.seconds for sentence in self._sentences)

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(sentence.text for sentence in self._sentences)

    @property
    def playing(self) -> bool:
        """Whether the caller is still listening to it."""
        return self._played() < self._seconds

    def received(self) -> str:
        """What has reached us as audio, to the nearest word: it will be played."""
        return self._words_until(self._seconds)

    def heard(self) -> str:
        """What the caller has heard by now, to the nearest word."""
        return self._words_until(self._played())

    def _words_until(self, seconds: float) -> str:
        heard: list[str] = []
        for sentence in self._sentences:
            length = max(sentence.seconds, 0.01)
            if sentence is self._sentences[-1]:  # may have been cut off
                length = max(length, self._usual_length(sentence))
            heard.append(first_words(sentence.text, min(seconds, sentence.seconds) / length))
            seconds -= sentence.seconds
            if seconds <= 0:
                break
        return " ".join(part for part in heard if part)

    def _played(self) -> float:
        if self._playing_since is None:
            return 0.0
        return max(0.0, (self._silent_since or self._clock()) - self._playing_since)

    def _usual_length(self, last: Sentence) -> float:
        """How long the last sentence would be, at the pace of those before it or a usual one."""
        whole = [s for s in self._sentences if s is not last and s.seconds]
        letters = sum(len(s.text) for s in whole)
        a_letter = sum(s.seconds for s in whole) / letters if letters else SECONDS_A_LETTER
        return len(last.text) * a_letter


SECONDS_A_LETTER = 0.065
"""Unhurried English speech, about 160 words a minute."""


def first_words(text: str, part: float) -> str:
    """The words that begin within the first ``part`` (0 to 1) of the text."""
    words = text.split()
    return " ".join(words[: max(0, min(len(words), round(len(words) * part)))])
