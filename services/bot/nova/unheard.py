"""What the agent has said and its caller has not heard yet."""

from collections import deque
from collections.abc import Callable, Sequence

from pipecat.frames.frames import Frame, TTSAudioRawFrame, TTSTextFrame

type Said = TTSAudioRawFrame | TTSTextFrame


class Unheard:
    """Keeps sound and words until they have been heard, so that they can be said again.

    An interruption throws away what waits to be played: as much as Nova is ahead of real time,
    which can be all the rest of an answer. Where the interruption turns out to have been a noise,
    the agent goes on within the word that was heard last.

    Nothing is kept where nobody tells what has been heard.
    """

    def __init__(self) -> None:
        """Nothing has been said."""
        self._said: deque[Said] = deque()
        self._followed = False

    def follow(self) -> Callable[[Frame], None]:
        """Keeps what is said from now on; returns what is to be told of each word when heard."""
        self._followed = True
        return self._heard

    def __bool__(self) -> bool:
        """Whether any word is still to be heard."""
        return any(isinstance(each, TTSTextFrame) for each in self._said)

    def say(self, piece: Said) -> None:
        """Takes note of a piece of sound, or of the words that begin within the piece before."""
        if self._followed:
            self._said.append(piece)

    def _heard(self, word: Frame) -> None:
        if any(each is word for each in self._said):
            while self._said.popleft() is not word:
                pass

    def forget(self) -> None:
        """Forgets all: nobody will say it again."""
        self._said.clear()

    def take(self) -> list[Said]:
        """Gives out what is to be said again, in its order, and forgets it."""
        again = list(self._said)
        self._said.clear()
        return again


def words_of(said: Sequence[Said]) -> str:
    """The words of what was said."""
    return " ".join(piece.text for piece in said if isinstance(piece, TTSTextFrame))
