"""What observers of a call are told."""

from pipecat.frames.frames import EndFrame, Frame, InputAudioRawFrame, TextFrame, TTSAudioRawFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.filters.identity_filter import IdentityFilter
from pipecat.workers.runner import WorkerRunner

from services.bot.call.worker import CallWorker

SILENCE = bytes(640)


class Witness(BaseObserver):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Frame] = []

    async def on_push_frame(self, data: FramePushed) -> None:
        self.seen.append(data.frame)


async def test_observers_are_told_of_everything_but_audio() -> None:
    witness = Witness()
    worker = CallWorker(Pipeline([IdentityFilter()]), observers=[witness], enable_rtvi=False)
    heard = InputAudioRawFrame(audio=SILENCE, sample_rate=16_000, num_channels=1)
    said = TTSAudioRawFrame(audio=SILENCE, sample_rate=24_000, num_channels=1)
    text = TextFrame("Good morning")
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await worker.queue_frames([heard, said, text, EndFrame()])
    await runner.run()
    assert text in witness.seen
    assert heard not in witness.seen
    assert said not in witness.seen
