"""What callers of these tests ask, are answered and hear."""

from pipecat.frames.frames import OutputAudioRawFrame, TTSAudioRawFrame

from tests.bot.nova.caller import Caller

QUESTION = "Where is order 4217?"
ANSWER = "delivered"
LONG_ANSWER = {
    "intent": [
        {
            "name": "story",
            "mentions": ["story"],
            "answer": [{"says": [f"This is part {n}." for n in range(4)]}],
        }
    ],
    "misunderstood": ["I heard you."],
}


def tones_of(caller: Caller) -> list[OutputAudioRawFrame]:
    frames = caller.after.of(OutputAudioRawFrame)
    return [frame for frame in frames if not isinstance(frame, TTSAudioRawFrame)]
