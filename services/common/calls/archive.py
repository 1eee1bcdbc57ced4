"""The bucket: where a call's files lie, and putting them there with deadlines and retries."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from loguru import logger

from services.common import aws
from services.common.calls.kept import KeptCall
from services.common.calls.transcript import Transcript
from services.common.calls.webvtt import to_webvtt
from services.common.errors import ArchiveError, ArchiveRefused, ArchiveUnavailable

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TRANSCRIPTS, RECORDINGS = "transcripts/", "recordings/"
"""What keys begin with; the bot may write there and nowhere else (``cdk.services.grants``)."""

ATTEMPTS = 4
DEADLINE_SECONDS = 6.0
"""Of one attempt: a segment of a recording is 2 MB."""

FIRST_PAUSE_SECONDS = 0.2
"""Doubled after every attempt, and jittered in full."""

_FLEETING = ("InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "503", "500")


def transcript_key(session_id: str, created_at: datetime, ending: str) -> str:
    """Where a transcript lies: by the day on which the session was opened, in UTC."""
    return f"{TRANSCRIPTS}{created_at:%Y-%m-%d}/{session_id}.{ending}"


def segment_key(session_id: str, created_at: datetime, started_at: datetime) -> str:
    """Where a segment of a recording lies; sorted by name they are in order."""
    milliseconds = int(started_at.timestamp() * 1000)
    return f"{RECORDINGS}{created_at:%Y-%m-%d}/{session_id}/{milliseconds}.wav"


class Archive:
    """One bucket.

    Every method raises `ArchiveUnavailable` or `ArchiveRefused`.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Uses ``client``, which may be shared, for the bucket."""
        self._client = client
        self._bucket = bucket

    async def put_transcript(self, transcript: Transcript, created_at: datetime) -> None:
        """Writes both files of a transcript; the JSON comes last, for it is what people list."""
        session_id = transcript.session_id
        files = {
            "vtt": (to_webvtt(transcript), "text/vtt; charset=utf-8"),
            "json": (transcript.model_dump_json(indent=2), "application/json"),
        }
        for ending, (text, kind) in files.items():
            key = transcript_key(session_id, created_at, ending)
            await self.put(key, text.encode(), kind)

    async def put(self, key: str, body: bytes, content_type: str) -> None:
        """Writes a file; again, where that failed in a way that passes."""

        def put() -> None:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=content_type
            )

        await self._persist(put)

    async def delete(self, key: str) -> None:
        """Deletes a file; one that is not there is no error."""

        def delete() -> None:
            self._client.delete_object(Bucket=self._bucket, Key=key)

        await self._persist(delete)

    async def _persist(self, operation: Callable[[], None]) -> None:
        for attempt in range(ATTEMPTS):
            try:
                return await _once(operation)
            except ArchiveError as error:
                if not error.retryable or attempt == ATTEMPTS - 1:
                    raise
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311
        return None


async def erase_recording(call: KeptCall, archive: Archive) -> None:
    """Deletes what was recorded of a call; once more does no harm.

    Raises:
        ArchiveError: Not all of it is deleted.
    """
    for segment in call.segments:
        await archive.delete(segment.key)
    logger.bind(segments=len(call.segments)).info("recording deleted")


async def _once(operation: Callable[[], None]) -> None:
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.to_thread(operation)
    except TimeoutError as error:
        raise ArchiveUnavailable("DeadlineExceeded") from error
    except ClientError as error:
        response = error.response
        code = str(response.get("Error", {}).get("Code", "Unknown"))
        status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        passes = status >= 500 or code in _FLEETING
        raise (ArchiveUnavailable if passes else ArchiveRefused)(code) from error
    except BotoCoreError as error:
        passes = isinstance(error, aws.FLEETING)
        kind = ArchiveUnavailable if passes else ArchiveRefused
        raise kind(type(error).__name__) from error
