"""A bot with a bucket for what is kept of its calls."""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import pytest
import pytest_asyncio

from nova_sonic_emulator import Emulator
from services.common.calls.transcript import Transcript
from tests.bot.conftest import Bot, launch


class Bucket:
    """The bucket, as an operator sees it."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401
        self.client = client
        self.name = name

    def names(self, prefix: str = "") -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", ())]

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def transcript(self, session_id: str) -> Transcript:
        (name,) = [name for name in self.names() if name.endswith(f"{session_id}.json")]
        return Transcript.model_validate(json.loads(self.read(name)))


@pytest.fixture(scope="module")
def bucket(aws: dict[str, str], moto_url: str) -> Iterator[Bucket]:
    name = f"transcripts-{secrets.token_hex(4)}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", moto_url)
        client = boto3.client("s3")
        client.create_bucket(Bucket=name)
        yield Bucket(client, name)


@pytest.fixture(scope="module")
def keeping(aws: dict[str, str], bucket: Bucket, emulator: Emulator) -> dict[str, str]:
    """The settings of a bot that keeps what was said."""
    return {
        **aws,
        "AWS_ENDPOINT_URL_S3": str(bucket.client.meta.endpoint_url),
        "TRANSCRIPTS_BUCKET": bucket.name,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
        "SSL_CERT_FILE": str(emulator.ca_file),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keeper(keeping: dict[str, str]) -> AsyncIterator[Bot]:
    """One bot that keeps what was said, for a module's tests."""
    bot = await launch(keeping)
    yield bot
    await bot.kill()
