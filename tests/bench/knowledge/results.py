"""From a tool's result to the first sound of the answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from typing import Any

from aws_sdk_bedrock_runtime.client import AsyncBedrockRuntimeClient  # type: ignore[import-untyped]
from aws_sdk_bedrock_runtime.config import Config  # type: ignore[import-untyped]
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    InputAudioRawFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.aws.nova_sonic.llm import AWSNovaSonicLLMService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner
from pydantic import SecretStr
from smithy_aws_core.identity.static import StaticCredentialsResolver

from nova_sonic_emulator import Emulator, Scenario
from services.bot.nova import NovaSettings, NovaSonic
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread
from tests.bench.processes import LoadMeter
from tests.bench.run import Run
from tests.bot.nova.caller import TRACK_ORDER, Tap
from tests.trust import CA_DIR

_KEY_ID, _SECRET = "AKIDBENCH", "secret-of-the-bench"
_INSTRUCTIONS = "You are Ada. You help callers with their orders."
_QUESTION = "Where is my order 4217?"
_ORDER = {"status": "delivered", "delivery_date": "2026-11-20", "items": ["blue kettle"]}
_AUDIBLE_SECONDS = 20.0
_PAUSE_SECONDS = 0.5


class _Stock(AWSNovaSonicLLMService):
    """Pipecat's own, with the emulator's address."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(
            access_key_id="",
            secret_access_key="",
            region="us-east-1",
            settings=AWSNovaSonicLLMService.Settings(
                voice="tiffany", system_instruction=_INSTRUCTIONS
            ),
        )
        self._emulator = emulator

    def create_client(self) -> AsyncBedrockRuntimeClient:
        return AsyncBedrockRuntimeClient(
            config=Config(
                endpoint_uri=self._emulator.url,
                region="us-east-1",
                aws_access_key_id=_KEY_ID,
                aws_secret_access_key=_SECRET,
                aws_credentials_identity_resolver=StaticCredentialsResolver(),
            )
        )


async def measure_results(run: Run) -> Figure:
    """Measures ours and Pipecat's own, one question after the other."""
    meter = LoadMeter()
    scenario = Scenario.model_validate({"mind": _quiet_mind()})
    async with Emulator(
        scenario=scenario, credentials={_KEY_ID: _SECRET}, ca_dir=CA_DIR
    ) as emulator:
        settings = NovaSettings(
            endpoint_url=emulator.url,
            access_key_id=SecretStr(_KEY_ID),
            secret_access_key=SecretStr(_SECRET),
        )
        run.say("from a tool's result to the first sound: ours")
        ours = await _ask(NovaSonic(settings=settings, instructions=_INSTRUCTIONS), run)
        run.say("from a tool's result to the first sound: Pipecat's own")
        stock = await _ask(_Stock(emulator), run)
    load = meter.read()
    spreads = {"ours": Spread.of(ours), "Pipecat's own": Spread.of(stock)}
    return Figure(
        title="From a tool's result to the first sound of the answer, in ms",
        measured=(
            "In one process with the emulator, which thinks for 0 ms and synthesises the first "
            "sentence, from the return of the tool's function until the first frame of sound "
            "leaves the service."
        ),
        columns=("", *SPREAD_COLUMNS),
        rows=[[name, *spread.cells()] for name, spread in spreads.items()],
        notes=[*load.caution, f"{LOAD_COLUMN}: {load}."],
        data={name: asdict(spread) for name, spread in spreads.items()},
    )


def _quiet_mind() -> dict[str, Any]:
    """Says nothing while the tool runs: all that is heard is the answer."""
    return {
        "intent": [
            {
                "name": "order",
                "mentions": ["order"],
                "calls": {"tool": "track_order", "arguments": {"order_number": "4217"}},
                "answer": [{"says": ["{status}."]}],
            }
        ]
    }


async def _ask(nova: AWSNovaSonicLLMService, run: Run) -> list[float]:
    returned: list[float] = []

    async def track_order(params: FunctionCallParams) -> None:
        await asyncio.sleep(0.05)
        returned.append(time.perf_counter())
        await params.result_callback(_ORDER)

    nova.register_function("track_order", track_order)
    context = LLMContext(tools=ToolsSchema(standard_tools=[TRACK_ORDER]))
    aggregators = LLMContextAggregatorPair(context, realtime_service_mode=True)
    tap = Tap()
    worker = PipelineWorker(
        Pipeline([aggregators.user(), nova, tap, aggregators.assistant()]),
        params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    microphone = asyncio.create_task(_stay_silent(worker))
    samples: list[float] = []
    try:
        await worker.queue_frame(LLMRunFrame())
        for _ in range(run.scale.questions + 1):
            samples.append(await _first_sound(nova, tap, returned))
    finally:
        microphone.cancel()
        await worker.cancel()
        await asyncio.wait({running}, timeout=10)
    return samples[1:]


async def _first_sound(nova: AWSNovaSonicLLMService, tap: Tap, returned: list[float]) -> float:
    before = len(returned)
    sounds = len(tap.of(TTSAudioRawFrame))
    question = {"role": "user", "content": _QUESTION}
    await nova.queue_frame(LLMMessagesAppendFrame(messages=[question], run_llm=True))
    async with asyncio.timeout(_AUDIBLE_SECONDS):
        await tap.until(lambda: len(tap.of(TTSAudioRawFrame)) > sounds)
        heard = time.perf_counter()
        count = -1
        while count != (count := len(tap.of(TTSAudioRawFrame))):  # noqa: ASYNC110  until it is over
            await asyncio.sleep(_PAUSE_SECONDS)
    if len(returned) == before:
        raise ValueError("the agent spoke before it knew")
    return (heard - returned[-1]) * 1000


async def _stay_silent(worker: PipelineWorker) -> None:
    while True:
        frame = InputAudioRawFrame(audio=bytes(640), sample_rate=16_000, num_channels=1)
        await worker.queue_frame(frame)
        await asyncio.sleep(0.02)
