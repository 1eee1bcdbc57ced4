"""A caller on the bare SDK: sends events, keeps what comes back, waits with a limit."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

from aws_sdk_bedrock_runtime.client import AsyncBedrockRuntimeClient
from aws_sdk_bedrock_runtime.config import Config
from aws_sdk_bedrock_runtime.models import (
    BidirectionalInputPayloadPart,
    InvokeModelWithBidirectionalStreamInputChunk,
    InvokeModelWithBidirectionalStreamOperationInput,
)
from smithy_aws_core.auth.sigv4 import SigV4AuthScheme
from smithy_aws_core.identity.static import StaticCredentialsResolver
from smithy_core.shapes import ShapeID

KEY_ID, SECRET = "AKIDTEST", "a secret for tests"
MODEL = "amazon.nova-2-5-sonic"
SECONDS = 40

AUDIO_IN = {
    "mediaType": "audio/lpcm",
    "sampleRateHertz": 16000,
    "sampleSizeBits": 16,
    "channelCount": 1,
    "audioType": "SPEECH",
    "encoding": "base64",
}
AUDIO_OUT = AUDIO_IN | {"sampleRateHertz": 24000, "voiceId": "tiffany"}
TEXT = {"mediaType": "text/plain"}
INFERENCE = {"maxTokens": 1024, "topP": 0.9, "temperature": 0.7}


class Caller:
    """One stream.

    Its reader is never cancelled: the CRT does not forgive a cancelled future. It ends with the
    stream, at the latest when the emulator hangs up.
    """

    def __init__(
        self,
        url: str,
        *,
        key_id: str = KEY_ID,
        secret: str = SECRET,
        region: str = "us-east-1",
        model: str = MODEL,
    ) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None
        self.over = False
        self._changed = asyncio.Event()
        self._contents = 0
        self._model = model
        self._client = AsyncBedrockRuntimeClient(
            config=Config(
                endpoint_uri=url,
                region=region,
                aws_access_key_id=key_id,
                aws_secret_access_key=secret,
                aws_credentials_identity_resolver=StaticCredentialsResolver(),
                auth_schemes={ShapeID("aws.auth#sigv4"): SigV4AuthScheme(service="bedrock")},
            )
        )

    async def open(self) -> Self:
        """Open the stream, and read what comes."""
        async with asyncio.timeout(SECONDS):
            self._stream = await self._client.invoke_model_with_bidirectional_stream(
                InvokeModelWithBidirectionalStreamOperationInput(model_id=self._model)
            )
        self._reader = asyncio.create_task(self._read())
        return self

    async def leave(self) -> None:
        """Wait until the emulator has hung up."""
        await asyncio.wait({self._reader}, timeout=SECONDS)

    async def send(self, name: str, **fields: object) -> None:
        """Send one event."""
        await self.send_text(json.dumps({"event": {name: fields}}))

    async def send_text(self, text: str) -> None:
        """Send anything as an event's text."""
        part = BidirectionalInputPayloadPart(bytes_=text.encode())
        async with asyncio.timeout(SECONDS):
            await self._stream.input_stream.send(
                InvokeModelWithBidirectionalStreamInputChunk(value=part)
            )

    async def try_to_send(self, name: str, **fields: object) -> None:
        """Send one event to a stream that may be over by now."""
        with suppress(OSError, RuntimeError):
            await self.send(name, **fields)

    async def start(
        self,
        *,
        system: str | None = "You help.",
        tools: Iterable[dict[str, Any]] = (),
        sensitivity: str | None = None,
        rate: int = 24000,
    ) -> None:
        """Send everything up to the system prompt."""
        turns = {"turnDetectionConfiguration": {"endpointingSensitivity": sensitivity}}
        await self.send(
            "sessionStart", inferenceConfiguration=INFERENCE, **(turns if sensitivity else {})
        )
        await self.send(
            "promptStart",
            promptName="p",
            textOutputConfiguration=TEXT,
            audioOutputConfiguration=AUDIO_OUT | {"sampleRateHertz": rate},
            toolUseOutputConfiguration={"mediaType": "application/json"},
            toolConfiguration={"tools": list(tools)},
        )
        if system is not None:
            await self.say_text(system, role="SYSTEM")

    async def say_text(self, *parts: str, role: str = "USER", interactive: bool = False) -> None:
        """Send a block of text."""
        name = await self.open_content("TEXT", role, interactive, textInputConfiguration=TEXT)
        for part in parts:
            await self.send("textInput", promptName="p", contentName=name, content=part)
        await self.send("contentEnd", promptName="p", contentName=name)

    async def open_audio(self, rate: int = 16000) -> str:
        """Open the block of audio, and give its name."""
        return await self.open_content(
            "AUDIO", "USER", True, audioInputConfiguration=AUDIO_IN | {"sampleRateHertz": rate}
        )

    async def open_content(
        self, kind: str, role: str, interactive: bool, **configuration: object
    ) -> str:
        """Open a block, and give its name."""
        self._contents += 1
        name = f"c{self._contents}"
        await self.send(
            "contentStart",
            promptName="p",
            contentName=name,
            type=kind,
            role=role,
            interactive=interactive,
            **configuration,
        )
        return name

    async def say(self, content: str, pcm: bytes, *, rate: int = 16000) -> None:
        """Send audio in frames of 20 ms, as fast as it goes."""
        size = rate // 50 * 2
        for start in range(0, len(pcm), size):
            await self.hear(content, pcm[start : start + size])

    async def hear(self, content: str, pcm: bytes) -> None:
        """Send one frame of audio."""
        await self.send(
            "audioInput",
            promptName="p",
            contentName=content,
            content=base64.b64encode(pcm).decode(),
        )

    async def answer_tool(self, tool_use_id: str, result: str) -> None:
        """Send a tool's result."""
        configuration = {
            "toolUseId": tool_use_id,
            "type": "TEXT",
            "textInputConfiguration": TEXT,
        }
        name = await self.open_content(
            "TOOL", "TOOL", False, toolResultInputConfiguration=configuration
        )
        await self.send("toolResult", promptName="p", contentName=name, content=result)
        await self.send("contentEnd", promptName="p", contentName=name)

    async def end(self) -> None:
        """End the session as AWS documents it, and close the input."""
        await self.send("promptEnd", promptName="p")
        await self.send("sessionEnd")
        async with asyncio.timeout(SECONDS):
            await self._stream.input_stream.close()

    async def close_input(self) -> None:
        """Close the input, without ending the session."""
        async with asyncio.timeout(SECONDS):
            await self._stream.input_stream.close()

    async def wait_for(self, name: str, count: int = 1) -> dict[str, Any]:
        """Wait for the `count`-th event of that name, and give its fields."""
        async with asyncio.timeout(SECONDS):
            while True:
                found = [fields for each, fields in self.events if each == name]
                if len(found) >= count:
                    return found[count - 1]
                assert not self.over, f"no {name}: {self.names()}, {self.error!r}"
                self._changed.clear()
                await self._changed.wait()

    async def wait_for_end(self) -> Exception | None:
        """Wait until the stream is over, and give the error that ended it."""
        async with asyncio.timeout(SECONDS):
            while not self.over:
                self._changed.clear()
                await self._changed.wait()
        return self.error

    def names(self) -> list[str]:
        """The names of the events, with usage left out and runs of one name told once."""
        names: list[str] = []
        for name, _ in self.events:
            if name != "usageEvent" and names[-1:] != [name]:
                names.append(name)
        return names

    def texts(self, role: str, stage: str) -> list[str]:
        """The texts of one role and generation stage."""
        texts, wanted = [], False
        for name, fields in self.events:
            if name == "contentStart":
                wanted = fields["role"] == role and fields.get("additionalModelFields") == (
                    f'{{"generationStage":"{stage}"}}'
                )
            elif name == "textOutput" and wanted:
                texts.append(fields["content"])
        return texts

    def audio(self) -> bytes:
        """All the assistant's audio."""
        return b"".join(
            base64.b64decode(fields["content"])
            for name, fields in self.events
            if name == "audioOutput"
        )

    async def _read(self) -> None:
        try:
            _, output = await self._stream.await_output()
            while (event := await output.receive()) is not None:
                ((name, fields),) = json.loads(event.value.bytes_)["event"].items()
                self.events.append((name, fields))
                self._changed.set()
        except Exception as error:
            self.error = error
        finally:
            self.over = True
            self._changed.set()


def tool(name: str, **properties: object) -> dict[str, Any]:
    """A tool as promptStart offers it; all its properties are required."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {
        "toolSpec": {
            "name": name,
            "description": "A tool for tests.",
            "inputSchema": {"json": json.dumps(schema)},
        }
    }


def stop_reasons(caller: Caller, kind: str) -> list[str]:
    return [
        fields["stopReason"]
        for name, fields in caller.events
        if name == "contentEnd" and fields["type"] == kind
    ]
