"""Our own view of when the caller speaks: Silero, with `speech_pad_ms`, which Pipecat lacks.

Nova decides the turns. This view gives the page its speech events and stops playback at once on
barge-in, without waiting for Nova's word.

`detector` is what Pipecat asks, `network` Silero itself in numpy with the weights that Pipecat
brings (`weights` reads them), `loudness` the measure that Pipecat asks for besides.

Silero's own tools widen detected speech by a pad at both ends; Pipecat's VADParams know no such
thing. Here the pad has the same two effects. At the end the turn stays open for the pad after
`stop_secs` of silence, which is what `SpeechTimeoutUserTurnStopStrategy` waits for. At the start
the turn's recorded time is set back by the pad, on top of `start_secs`, during which the detector
listened before it was sure. No audio needs to be padded: Nova hears the caller all the time.
"""

from services.bot.voice_activity.detector import START_SECS, PaddedSilero, WindowListener

__all__ = ["START_SECS", "PaddedSilero", "WindowListener"]
