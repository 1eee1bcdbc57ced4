"""Runs a call's pipeline without telling its observers of every piece of audio."""

from typing import Any

from pipecat.frames.frames import AudioRawFrame
from pipecat.observers.base_observer import FrameProcessed, FramePushed
from pipecat.pipeline.worker import PipelineWorker
from pipecat.pipeline.worker_observer import WorkerObserver


class CallWorker(PipelineWorker):
    """Pipecat's worker, sparing.

    Pipecat puts a note for each observer into a queue of its own whenever one of the processors
    takes a frame and again when it pushes it on. Most frames are audio, which nobody who watches a
    call looks at: the notes took an eighth of its processor time, by `make bench`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Pipecat's
        """Takes what Pipecat's worker takes."""
        super().__init__(*args, **kwargs)
        self._observer = _DeafObserver(observers=self._observer._observers)


class _DeafObserver(WorkerObserver):
    async def on_process_frame(self, data: FrameProcessed) -> None:
        """Nobody asks when a frame is taken."""

    async def on_push_frame(self, data: FramePushed) -> None:
        if not isinstance(data.frame, AudioRawFrame):
            await super().on_push_frame(data)
