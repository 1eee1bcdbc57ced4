"""One invocation: frames in and out, signatures, limits, faults, and their record."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from loguru import logger
from smithy_aws_event_stream.events import EventMessage

from nova_sonic_emulator import frames
from nova_sonic_emulator.connection import Exchange
from nova_sonic_emulator.conversation import Conversation
from nova_sonic_emulator.errors import EmulatorError, Refusal, StreamError, StreamException
from nova_sonic_emulator.events import (
    AudioInput,
    InputEvent,
    PromptStart,
    Sensitivity,
    TextInput,
    parse,
)
from nova_sonic_emulator.faults import Fault, Trigger
from nova_sonic_emulator.recording import Recording
from nova_sonic_emulator.response import Response
from nova_sonic_emulator.scenario import Scenario
from nova_sonic_emulator.session import Session
from nova_sonic_emulator.signing import ChunkVerifier
from nova_sonic_emulator.voice import Voice

# A client that is answered before it has closed its side may see an error when it does.
_LINGER_SECONDS = 0.5


class Stream:
    """One bidirectional stream, from its admission to its end.

    Args:
        exchange: The HTTP/2 stream.
        recording: Where its events are kept.
        verifier: Checks the signature of each message.
        scenario: Limits, pace, wits, faults.
        voice: Shared by all streams.
        spawn: Runs a coroutine as a task of the emulator's.
        closed: Called once, when the stream is over.
    """

    def __init__(
        self,
        exchange: Exchange,
        recording: Recording,
        *,
        verifier: ChunkVerifier,
        scenario: Scenario,
        voice: Voice,
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        closed: Callable[[Stream], None],
    ) -> None:
        self.recording = recording
        self._exchange = exchange
        self._response = Response(exchange)
        self._verifier = verifier
        self._scenario = scenario
        self._voice = voice
        self._spawn = spawn
        self._closed = closed
        self._decoder = frames.FrameDecoder()
        self._session = Session(scenario.limits, self._begin)
        self._trigger = Trigger(scenario.faults, recording.number)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._over = False
        self._last_input = time.monotonic()
        self._log = logger.bind(stream=recording.number)

    def open(self) -> None:
        """Start the clocks, and whatever the scenario wants to go wrong at once."""
        self._later(self._scenario.limits.connection_seconds, self._time_out)
        self._later(self._scenario.limits.idle_seconds, self._check_idle)
        for fault in self._trigger.timed:
            self._later(fault.after_seconds, self.strike, fault)
        for fault in self._trigger.at_opening:
            self.strike(fault)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the request's body."""
        try:
            for message in self._decoder.feed(data):
                self._receive(message)
        except EmulatorError as error:
            self.fail(error)

    def input_ended(self) -> None:
        """The client sends no more."""
        self._finish()

    def lost(self) -> None:
        """The client is gone."""
        self._close("client gone")

    def fail(self, error: EmulatorError) -> None:
        """Answer with an error, and end the stream."""
        if self._over:
            return
        self._log.bind(error=type(error).__name__, reason=str(error)).warning("stream refused")
        if not self._response.started and isinstance(error, StreamError):
            error = Refusal(403, error.code, error.message)
        match error:
            case Refusal():
                self._response.refuse(error)
                self._close(str(error.status))
                return
            case StreamException():
                self._response.send(frames.exception_event(error.name, error.message))
                self._end_response(error.name)
            case StreamError():
                self._response.send(frames.error_event(error.code, error.message))
                self._end_response(error.code)

    def strike(self, fault: Fault) -> None:
        """Make a fault happen now."""
        if self._over:
            return
        self._log.bind(kind=fault.kind).info("fault injected")
        match fault.kind:
            case "drop":
                self._close("drop")
                self._exchange.drop()
            case "end":
                self._end_response("end")
            case "reset":
                self._exchange.reset()
                self._close("reset")
            case "hang":
                self._exchange.deaf = True
                self._close("hang")
            case "exception":
                self.fail(StreamException(fault.exception, fault.message))
            case "exception_then_reset":
                self._response.send(frames.exception_event(fault.exception, fault.message))
                self._exchange.reset()
                self._close(fault.exception)
            case "http_error":
                self.fail(Refusal(fault.status, fault.code, fault.message))
            case "late_headers":
                self._response.hold(fault.seconds)

    def _receive(self, message: EventMessage) -> None:
        if self._over:
            return
        self._verifier.verify(message)
        if not message.payload:  # the signed empty message that closes the input
            self._finish()
            return
        name, fields, event = parse(frames.input_event(frames.decode(message.payload)))
        self.recording.add_input(name, fields)
        for fault in self._trigger.seen("input", name):
            self._schedule(fault)
        self._process(event)

    def _process(self, event: InputEvent) -> None:
        if self._over:
            return
        self._response.start()
        if isinstance(event, AudioInput | TextInput):
            self._last_input = time.monotonic()
        self._session.receive(event)
        if self._session.ended:
            self._later(_LINGER_SECONDS, self._finish)

    def _begin(self, prompt: PromptStart, sensitivity: Sensitivity) -> Conversation:
        return Conversation(
            self._scenario,
            prompt,
            sensitivity,
            voice=self._voice,
            send=self._emit,
            spawn=self._task,
            failed=self._conversation_failed,
        )

    def _emit(self, name: str, fields: dict[str, Any]) -> None:
        if self._over:
            return
        self.recording.add_output(name, fields)
        body = json.dumps({"event": {name: fields}}, separators=(",", ":")).encode()
        self._response.send(frames.output_event(body))
        for fault in self._trigger.seen("output", name):
            self._schedule(fault)

    def _schedule(self, fault: Fault) -> None:
        if fault.after_seconds:
            self._later(fault.after_seconds, self.strike, fault)
        else:
            self.strike(fault)

    def _time_out(self) -> None:
        self.fail(
            StreamException(
                "modelTimeoutException",
                "Model has timed out in processing the request. Try your request again.",
            )
        )

    def _check_idle(self) -> None:
        limit = self._scenario.limits.idle_seconds
        left = self._last_input + limit - time.monotonic()
        if left > 0:
            self._later(left, self._check_idle)
            return
        self.fail(
            StreamException(
                "validationException",
                "InternalErrorCode=532::Timed out waiting for audio bytes or interactive content. "
                "Please ensure gaps between audio bytes and interactive content are less than "
                f"{limit:g} seconds.",
            )
        )

    def _conversation_failed(self, error: Exception) -> None:
        self.fail(
            StreamException(
                "internalServerException",
                f"The system encountered an unexpected error during processing. [{error!r}]",
            )
        )

    def _finish(self) -> None:
        if not self._over:
            reason = "session ended" if self._session.ended else "input ended"
            self._session.close()
            self._end_response(reason)

    def _end_response(self, reason: str) -> None:
        self._response.end()
        self._close(reason)

    def _close(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        for timer in self._timers:
            timer.cancel()
        self._session.close()
        for task in self._tasks:
            task.cancel()
        self.recording.end(reason)
        self._log.bind(reason=reason).info("stream ended")
        self._closed(self)

    def _later(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, call, *arguments))

    def _task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self._spawn(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
