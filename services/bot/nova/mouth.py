"""What the agent says: its sound, the words in it, and what is said again after a noise."""

from collections.abc import Awaitable, Callable

from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    LLMTextFrame,
    OutputAudioRawFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.utils.text.base_text_aggregator import TextType

from services.bot.nova.speaking import SpeakingSentence
from services.bot.nova.unheard import Said, Unheard, words_of


class Mouth:
    """Gives out a sentence word by word with its sound, instead of whole after it.

    Attributes:
        speak: Takes the agent's sound, which is pushed without it.
        unheard: What has been given out and not been heard yet.
    """

    def __init__(self, push: Callable[[Frame], Awaitable[None]], bytes_a_second: int) -> None:
        """Says nothing yet.

        Args:
            push: Takes what is given out.
            bytes_a_second: Of the sound.
        """
        self.speak: Callable[[OutputAudioRawFrame], Awaitable[None]] | None = None
        self.unheard = Unheard()
        self._push = push
        self._sentence = SpeakingSentence(bytes_a_second)

    def begin(self, sentence: str) -> None:
        """The sound that comes next is this sentence's."""
        if not self.unheard:
            self.unheard.forget()  # the last word's end
        self._sentence.begin(sentence)

    async def say(self, sound: TTSAudioRawFrame) -> None:
        """Gives out a piece of the sentence, and the words that begin in it."""
        await self._give(sound)
        await self._give_words(self._sentence.spoken(len(sound.audio)))

    async def end(self) -> None:
        """Gives out the words that are left of the sentence."""
        await self._give_words(self._sentence.end())

    async def say_again(self) -> None:
        """Gives out what has not been heard, and shows before what is about to be said."""
        again = self.unheard.take()
        if text := f"{words_of(again)} {self._sentence.rest}".strip():
            for shown in (LLMTextFrame(text), AggregatedTextFrame(text, TextType.SENTENCE)):
                shown.append_to_context = False
                await self._push(shown)
        for piece in again:
            await self._give(piece)

    async def _give_words(self, words: str) -> None:
        if words:
            await self._give(TTSTextFrame(words, text_type=TextType.WORD))

    async def _give(self, piece: Said) -> None:
        self.unheard.say(piece)
        if self.speak is not None and isinstance(piece, TTSAudioRawFrame):
            await self.speak(piece)
        else:
            await self._push(piece)
