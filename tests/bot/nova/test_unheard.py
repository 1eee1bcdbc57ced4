"""What is said again of what nobody has heard."""

from pipecat.frames.frames import TTSAudioRawFrame, TTSTextFrame
from pipecat.utils.text.base_text_aggregator import TextType

from services.bot.nova.unheard import Said, Unheard


def sound(number: int) -> TTSAudioRawFrame:
    return TTSAudioRawFrame(bytes([number, 0]), 24_000, 1)


def word(text: str) -> TTSTextFrame:
    return TTSTextFrame(text, text_type=TextType.WORD)


def test_it_begins_within_the_word_that_was_heard_last() -> None:
    unheard = Unheard()
    heard = unheard.follow()
    pieces: list[Said] = [
        sound(1),
        word("one"),
        sound(2),
        word("two"),
        sound(3),
        word("three"),
        sound(4),
    ]
    for piece in pieces:
        unheard.say(piece)
    heard(pieces[1])
    heard(pieces[3])
    assert unheard
    assert unheard.take() == pieces[4:]
    assert not unheard.take()


def test_a_last_word_that_was_heard_is_not_waited_for() -> None:
    unheard = Unheard()
    heard = unheard.follow()
    last = word("last")
    for piece in (sound(1), last, sound(2)):
        unheard.say(piece)
    heard(last)
    assert not unheard


def test_words_of_somebody_else_change_nothing() -> None:
    unheard = Unheard()
    heard = unheard.follow()
    unheard.say(own := word("same"))
    heard(word("same"))
    assert unheard.take() == [own]


def test_what_was_forgotten_is_not_said_again() -> None:
    unheard = Unheard()
    unheard.follow()
    unheard.say(word("one"))
    unheard.forget()
    assert not unheard.take()


def test_nothing_is_kept_where_nobody_tells_what_was_heard() -> None:
    unheard = Unheard()
    unheard.say(word("one"))
    assert not unheard.take()
