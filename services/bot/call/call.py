"""One call, from the moment the caller is in until nothing of it is left to do."""

import asyncio
import os
import time
from typing import Literal

from loguru import logger
from pipecat.frames.frames import ErrorFrame, LLMMessagesAppendFrame, LLMRunFrame
from pipecat.observers.base_observer import BaseObserver
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frameworks.rtvi import RTVIFunctionCallReportLevel, RTVIObserverParams
from pipecat.workers.runner import WorkerRunner

from services.bot.agent import Agent
from services.bot.call.agent_watch import AgentWatch
from services.bot.call.context import tool_context, tools_over
from services.bot.call.ending import Ending
from services.bot.call.farewell import Farewell
from services.bot.call.lease import Lease
from services.bot.call.pipeline import Conversation, converse, first_words
from services.bot.call.recording import recording_of
from services.bot.call.telling import Telling
from services.bot.call.transcript import Transcript
from services.bot.call.turn_writer import TurnWriter
from services.bot.call.worker import CallWorker
from services.bot.nova import AGENT_UNAVAILABLE
from services.bot.resources import Resources
from services.bot.sound.filters import FlushWatch, heed
from services.bot.transports import SAMPLE_RATE_IN, Line
from services.bot.transports.line import CallerGoneError
from services.common.errors import GenerationLost, ServiceError, StoreError
from services.common.sessions import Session, Turn

#: How long the pipeline may take to stop. What hangs then ends with the process.
STOP_SECONDS = 8.0


class Call:
    """One call.

    Attributes:
        session: The session as it was taken.
        line: The caller's line.
        over: Set when nothing of the call is left to do.
        ending: How it ended, once it is over.
        closed: What became of its record: let go of, ended, lost to a newer process, or still open
            because the records could not be reached.
    """

    def __init__(self, session: Session, agent: Agent, line: Line, resources: Resources) -> None:
        """Prepares a call.

        Args:
            session: The session as it was taken.
            agent: Who answers.
            line: The caller's line.
            resources: What every call needs.
        """
        self.session = session
        self.line = line
        self.over = asyncio.Event()
        self.ending = Ending.FAILED
        self.closed: Literal["released", "ended", "lost", "open"] = "open"
        self._agent = agent
        self._resources = resources
        self._telling = Telling(line)
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._started = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None
        self._own_end = Ending.AGENT_HUNG_UP
        line.on_gone(self.hang_up)

    def hang_up(self, ending: Ending = Ending.DRAINED) -> None:
        """Ends the call; the first ending stands."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def run(self) -> None:
        """Serves the call. Whatever happens, its record is closed and `over` is set at the end."""
        session, began = self.session, time.monotonic()
        with logger.contextualize(session_id=session.session_id, bot_id=session.bot_id):
            logger.bind(agent=self._agent.key, pid=os.getpid()).info("session started")
            keeping = asyncio.create_task(self._keep_lease())
            try:
                await self.line.open()
                self.ending = await self._converse(await self._history())
            except GenerationLost:
                self.ending = Ending.TAKEN_OVER
            except CallerGoneError:
                self.ending = Ending.CALLER_DROPPED
            except Exception:
                logger.exception("call failed")
            finally:
                keeping.cancel()
                await self._close_record(self.ending)
                if self.closed == "ended" and self._resources.archiving is not None:
                    await self._resources.archiving.write(session.session_id)
                seconds = round(time.monotonic() - began, 1)
                logger.bind(reason=self.ending.reason, seconds=seconds).info("session ended")
                self.over.set()

    async def _keep_lease(self) -> None:
        sessions, seconds = self._resources.sessions, self._resources.settings.lease_seconds
        await Lease(sessions, self.session, seconds=seconds).keep()
        self.hang_up(Ending.TAKEN_OVER)

    async def _history(self) -> list[Turn]:
        """What was said before the caller came back."""
        if self.session.started_at is None:
            return []
        return await self._resources.sessions.turns(self.session.session_id)

    async def _converse(self, history: list[Turn]) -> Ending:
        resources, archiving = self._resources, self._resources.archiving
        detector = resources.detector()
        writer = TurnWriter(
            resources.sessions,
            self.session,
            written=len(history),
            on_lost=lambda: self.hang_up(Ending.TAKEN_OVER),
            calls=archiving.calls if archiving is not None else None,
            model=resources.settings.nova_model_id,
        )
        farewell = Farewell(lambda: self.hang_up(Ending.AGENT_HUNG_UP))
        try:
            recording = await recording_of(
                self._agent, self.session, self.line, resources, writer, history
            )
            context = await tool_context(self.session, self._agent, resources, farewell, recording)
            conversation = converse(
                self._agent,
                self.line,
                settings=resources.settings,
                detector=detector,
                history=history,
                tool_context=context,
            )
            writer.tokens = lambda: conversation.nova.usage.tokens()
            spoken = Transcript(
                conversation.nova, writer, start_lag=detector.start_lag, heard=self._telling.heard
            )
            conversation.assistant.add_event_handler(
                "on_assistant_turn_stopped", spoken.assistant_stopped
            )
            watch = AgentWatch(conversation.nova, self._telling.state)
            worker = self._worker(conversation, [spoken, watch, farewell])
            announcement = recording.listen_to(conversation.assistant) if recording else ""
            words = first_words(self._agent, history, context.memory, announcement=announcement)
            if words is not None:
                self._speak_first(words, conversation, watch, worker)
            try:
                return await self._run_until_the_end(worker)
            finally:
                spoken.close()
                await tools_over(context, farewell)
                if recording:
                    await recording.close()
        finally:
            await writer.close()

    def _worker(self, conversation: Conversation, observers: list[BaseObserver]) -> PipelineWorker:
        settings = self._resources.settings
        worker = CallWorker(
            conversation.pipeline,
            params=PipelineParams(
                audio_in_sample_rate=SAMPLE_RATE_IN,
                audio_out_sample_rate=self.line.audio_out_sample_rate,
            ),
            observers=[*observers, FlushWatch(self.line.front_end)],
            enable_rtvi=self.line.speaks_rtvi,
            rtvi_observer_params=RTVIObserverParams(
                function_call_report_level={"*": RTVIFunctionCallReportLevel.NAME},
                # Tells the page what the model is told, and that is our greeting's instruction too.
                user_llm_enabled=False,
            ),
            enable_turn_tracking=False,
            idle_timeout_secs=settings.silence_limit_seconds or self._agent.silence_limit_seconds,
            cancel_on_idle_timeout=False,
        )
        if self.line.speaks_rtvi:
            heed(self.line.front_end, worker.rtvi)
        worker.add_event_handler("on_idle_timeout", self._silent_too_long)
        worker.add_event_handler("on_pipeline_started", self._activate)
        worker.add_event_handler("on_pipeline_error", self._pipeline_failed)
        return worker

    def _speak_first(
        self,
        words: LLMMessagesAppendFrame,
        conversation: Conversation,
        watch: AgentWatch,
        worker: PipelineWorker,
    ) -> None:
        """Has the agent speak first, as soon as the caller can hear it."""

        async def speak() -> None:
            await watch.until_it_listens()
            await conversation.nova.queue_frame(words)

        async def begin(*_: object) -> None:
            # Pipecat waits for its event handlers when it stops, and this may take a while.
            self._speaking = self._speaking or asyncio.create_task(speak())

        if self.line.speaks_rtvi:
            worker.rtvi.add_event_handler("on_client_ready", begin)
        else:
            worker.add_event_handler("on_pipeline_started", begin)

    async def _run_until_the_end(self, worker: PipelineWorker) -> Ending:
        settings = self._resources.settings
        longest = settings.longest_call_seconds or self._agent.longest_call_seconds
        limit = asyncio.get_running_loop().call_later(longest, self.hang_up, Ending.LONGEST_CALL)
        runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
        await runner.add_workers(worker)
        await worker.queue_frame(LLMRunFrame())
        running = asyncio.create_task(runner.run())
        running.add_done_callback(lambda _: self.hang_up(self._own_end))
        ending = await self._ending
        limit.cancel()
        if self._speaking is not None:
            self._speaking.cancel()
        if not running.done():
            await self._telling.ending(ending)
            await self._stop(worker, running, ending)
        return ending

    async def _stop(
        self, worker: PipelineWorker, running: asyncio.Task[None], ending: Ending
    ) -> None:
        async def cancel() -> None:
            # A pipeline that is still starting would not hear of it.
            await self._started.wait()
            await worker.cancel(reason=ending.reason)

        stopping = asyncio.create_task(cancel())
        done, _ = await asyncio.wait({running, stopping}, timeout=STOP_SECONDS)
        if running not in done:
            logger.warning("pipeline did not stop in time")

    async def _activate(self, *_: object) -> None:
        self._started.set()
        try:
            await self._resources.sessions.activate(self.session)
        except GenerationLost:
            self.hang_up(Ending.TAKEN_OVER)
        except ServiceError as error:
            logger.bind(error=type(error).__name__).error("session could not be marked active")

    async def _silent_too_long(self, *_: object) -> None:
        self.hang_up(Ending.SILENCE)

    async def _pipeline_failed(self, _: object, frame: ErrorFrame) -> None:
        logger.bind(error=frame.error).error("pipeline reported an error")
        if frame.error == AGENT_UNAVAILABLE:
            # The pipeline ends by itself once the caller has heard the falling note.
            self._own_end = Ending.AGENT_UNAVAILABLE
            await self._telling.ending(self._own_end)
        elif frame.fatal:
            self.hang_up(Ending.FAILED)

    async def _close_record(self, ending: Ending) -> None:
        sessions = self._resources.sessions
        try:
            if ending.resumable and self.line.resumable:
                await sessions.release(
                    self.session, seconds=self._resources.settings.resume_seconds
                )
                self.closed = "released"
            else:
                await sessions.end(self.session, reason=ending.reason, failed=ending.failed)
                self.closed = "ended"
        except GenerationLost:
            self.closed = "lost"
            logger.info("a newer process has this session")
        except StoreError as error:
            logger.bind(code=error.code).error("session record could not be closed")
