"""Pipecat's own Nova Sonic service, as it comes, but for the endpoint."""

from __future__ import annotations

import asyncio

from aws_sdk_bedrock_runtime.client import AsyncBedrockRuntimeClient
from aws_sdk_bedrock_runtime.config import Config
from pipecat.adapters.schemas.function_schema import FunctionSchema
from pipecat.adapters.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    LLMRunFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.aws.nova_sonic.llm import AWSNovaSonicLLMService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner
from smithy_aws_core.auth.sigv4 import SigV4AuthScheme
from smithy_aws_core.identity.static import StaticCredentialsResolver
from smithy_core.shapes import ShapeID

from nova_sonic_emulator import Emulator
from tests.emulator.caller import KEY_ID, SECRET

SECONDS = 40


class ServiceHere(AWSNovaSonicLLMService):
    """The stock service, calling the emulator."""

    url = ""

    def create_client(self) -> AsyncBedrockRuntimeClient:
        return AsyncBedrockRuntimeClient(
            config=Config(
                endpoint_uri=self.url,
                region="us-east-1",
                aws_access_key_id=KEY_ID,
                aws_secret_access_key=SECRET,
                aws_credentials_identity_resolver=StaticCredentialsResolver(),
                auth_schemes={ShapeID("aws.auth#sigv4"): SigV4AuthScheme(service="bedrock")},
            )
        )


class Listener(FrameProcessor):
    """Keeps what the service says."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.audio = b""
        self.told = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSTextFrame):
            self.texts.append(frame.text)
            if "noon" in frame.text:
                self.told.set()
        elif isinstance(frame, TTSAudioRawFrame):
            self.audio += frame.audio
        await self.push_frame(frame, direction)


async def test_pipecat_converses_and_calls_a_tool(emulator: Emulator) -> None:
    async def clock(params: FunctionCallParams) -> None:
        await params.result_callback({"time": "noon"})

    service = ServiceHere(
        access_key_id=KEY_ID,
        secret_access_key=SECRET,
        region="us-east-1",
        settings=AWSNovaSonicLLMService.Settings(system_instruction="You help."),
    )
    service.url = emulator.url
    service.register_function("clock", clock)
    schema = FunctionSchema(name="clock", description="Tells the time.", properties={}, required=[])
    context = LLMContext(
        [{"role": "user", "content": "what time is it"}], ToolsSchema(standard_tools=[schema])
    )
    aggregators = LLMContextAggregatorPair(context)
    listener = Listener()
    worker = PipelineWorker(
        Pipeline([aggregators.user(), service, listener, aggregators.assistant()])
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await worker.queue_frame(LLMRunFrame())
    try:
        await asyncio.wait_for(listener.told.wait(), SECONDS)
    finally:
        await worker.queue_frame(EndFrame())
        await asyncio.wait_for(running, SECONDS)

    assert listener.texts == ["Let me see.", "It is noon."]
    assert len(listener.audio) > 24000
    assert emulator.streams[0].ended == "session ended"
