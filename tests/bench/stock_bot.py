"""Pipecat's own parts, wired in one process as its documentation does: what ours is compared with.

Its FastAPI WebSocket transport, its Nova Sonic service, Silero, its default turn strategies. One
thing is not stock: the SDK's client gets the emulator's address, which it reads from no variable.

Run: `python -m tests.bench.stock_bot`, with the bot's variables.
"""

from __future__ import annotations

import os
import sys

import uvicorn
from aws_sdk_bedrock_runtime.client import (  # type: ignore[import-untyped]
    AsyncBedrockRuntimeClient,
)
from aws_sdk_bedrock_runtime.config import Config  # type: ignore[import-untyped]
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.services.aws.nova_sonic.llm import AWSNovaSonicLLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner
from smithy_aws_core.identity.static import StaticCredentialsResolver

app = FastAPI()


class _Nova(AWSNovaSonicLLMService):
    def create_client(self) -> AsyncBedrockRuntimeClient:
        return AsyncBedrockRuntimeClient(
            config=Config(
                endpoint_uri=os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
                region=self._region,
                aws_access_key_id=os.environ["NOVA_AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=os.environ["NOVA_AWS_SECRET_ACCESS_KEY"],
                aws_credentials_identity_resolver=StaticCredentialsResolver(),
            )
        )


@app.websocket("/ws")
async def serve(websocket: WebSocket) -> None:
    """Serves one call."""
    await websocket.accept()
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            allowed_origins=[],
            serializer=ProtobufFrameSerializer(),
        ),
    )
    nova = _Nova(
        access_key_id="",
        secret_access_key="",
        region="us-east-1",
        settings=AWSNovaSonicLLMService.Settings(
            voice="tiffany", system_instruction="You answer the phone."
        ),
    )
    context = LLMContext(messages=[{"role": "user", "content": "Greet the caller."}])
    aggregators = LLMContextAggregatorPair(
        context, user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline(
        [
            transport.input(),
            aggregators.user(),
            nova,
            transport.output(),
            aggregators.assistant(),
        ]
    )
    worker = PipelineWorker(
        pipeline,
        params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
    )

    @transport.event_handler("on_client_connected")  # type: ignore[untyped-decorator]
    async def connected(_transport: object, _client: object) -> None:
        await worker.queue_frame(LLMRunFrame())

    @transport.event_handler("on_client_disconnected")  # type: ignore[untyped-decorator]
    async def disconnected(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def main() -> None:
    """Serves callers until SIGTERM."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
