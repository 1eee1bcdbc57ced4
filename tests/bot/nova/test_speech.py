"""What was said, to the word: in answers that are cut off, and in the context."""

from services.bot.nova import tones
from services.bot.nova.answer import BYTES_A_SECOND, Answer, first_words
from services.bot.nova.speaking import SpeakingSentence

SENTENCE = "one two three four five six seven eight nine ten"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_heard_as_far_as_it_has_been_played() -> None:
    clock = Clock()
    answer = Answer(clock)
    for text in ("First sentence.", SENTENCE, "Last."):
        answer.add_text(text)
        answer.add_audio(4 * BYTES_A_SECOND)
    clock.now += 6
    assert answer.heard() == "First sentence. one two three four five"
    assert answer.playing
    clock.now += 6
    assert answer.heard() == answer.text
    assert not answer.playing


def test_nobody_hears_an_answer_that_was_silenced_until_it_goes_on() -> None:
    clock = Clock()
    answer = Answer(clock)
    answer.add_text(SENTENCE)
    answer.add_audio(3 * BYTES_A_SECOND)
    clock.now += 2
    answer.silence()
    answer.add_audio(7 * BYTES_A_SECOND)
    clock.now += 1
    answer.silence()
    clock.now += 4
    assert answer.heard() == "one two"
    answer.go_on()
    clock.now += 4
    assert answer.heard() == "one two three four five six"


def test_of_a_sentence_that_was_cut_off_only_the_part_with_audio_was_said() -> None:
    answer = Answer(Clock())
    answer.add_text(SENTENCE)
    answer.add_audio(5 * BYTES_A_SECOND)
    answer.add_text(SENTENCE)
    answer.add_audio(2 * BYTES_A_SECOND)
    assert answer.received() == f"{SENTENCE} one two three four"


def test_nothing_is_said_before_its_audio() -> None:
    answer = Answer(Clock())
    answer.add_text(SENTENCE)
    assert answer.received() == answer.heard() == ""


def test_words_follow_their_audio_and_none_is_lost() -> None:
    sentence = SpeakingSentence()
    sentence.begin(SENTENCE)
    given = [sentence.spoken(BYTES_A_SECOND // 10) for _ in range(15)]
    assert given[0] == ""
    assert 0 < len(" ".join(given).split()) < 10
    given += [sentence.spoken(20 * BYTES_A_SECOND)]
    assert SENTENCE.startswith(" ".join(words for words in given if words) + " ")
    given.append(sentence.end())
    assert " ".join(words for words in given if words) == SENTENCE


def test_the_pace_is_learnt() -> None:
    sentence = SpeakingSentence()
    for _ in range(6):
        sentence.begin(SENTENCE)
        for _ in range(100):
            sentence.spoken(BYTES_A_SECOND // 10)
        sentence.end()
    sentence.begin(SENTENCE)
    halfway = " ".join(filter(None, (sentence.spoken(BYTES_A_SECOND // 10) for _ in range(50))))
    assert 4 <= len(halfway.split()) <= 6


def test_the_first_words_of_a_text() -> None:
    assert first_words(SENTENCE, 0) == ""
    assert first_words(SENTENCE, 0.3) == "one two three"
    assert first_words(SENTENCE, 7) == SENTENCE


def test_the_tones_are_soft_and_short() -> None:
    for pcm, longest in ((tones.waiting(), 0.3), (tones.goodbye(), 1.0)):
        samples = memoryview(pcm).cast("h")
        assert tones.seconds(pcm) <= longest
        assert 1000 < max(samples) < 3000
        assert samples[0] == samples[-1] == 0
