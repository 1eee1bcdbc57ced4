"""The words of a sentence, given out as its audio goes by."""

from itertools import islice

from services.bot.nova.answer import BYTES_A_SECOND, SECONDS_A_LETTER


class SpeakingSentence:
    """Pairs a sentence with its audio, so that a barge-in cuts the text where it cuts the sound.

    Nova gives a sentence whole and Pipecat would put it into the context when its audio is over: on
    a barge-in all of it or nothing. Here each word follows the audio it is spoken in, at a pace
    that is measured from sentence to sentence.
    """

    def __init__(self, bytes_a_second: int = BYTES_A_SECOND) -> None:
        """Begins with a usual pace."""
        self._bytes_a_second = bytes_a_second
        self._seconds_a_letter = SECONDS_A_LETTER
        self._words: list[str] = []
        self._letters = 0
        self._given = self._letters_given = 0
        self._seconds = 0.0

    def begin(self, text: str) -> None:
        """The next sentence."""
        self._words = text.split()
        self._letters = len(text)
        self._given = self._letters_given = 0
        self._seconds = 0.0

    def spoken(self, pcm_bytes: int) -> str:
        """The words that begin within the audio so far and were not given out yet.

        The last one is kept until `end`: who has heard it has heard all of the sentence.
        """
        self._seconds += pcm_bytes / self._bytes_a_second
        letters, due = self._seconds / self._seconds_a_letter, self._given
        for word in islice(self._words, due, max(due, len(self._words) - 1)):
            if self._letters_given + len(word) + 1 > letters:
                break
            self._letters_given += len(word) + 1
            due += 1
        return self._give(due)

    @property
    def rest(self) -> str:
        """The words that were not given out yet."""
        return " ".join(self._words[self._given :])

    def end(self) -> str:
        """The words that are left."""
        if self._seconds and self._letters:
            measured = self._seconds / self._letters
            self._seconds_a_letter += (measured - self._seconds_a_letter) / 2
        return self._give(len(self._words))

    def _give(self, until: int) -> str:
        words, self._given = self._words[self._given : until], max(self._given, until)
        return " ".join(words)
