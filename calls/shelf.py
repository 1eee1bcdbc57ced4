"""Reads calls from the bucket, and deletes one everywhere."""

import io
import wave
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray
from pydantic import ValidationError

from calls.place import NoCallsError, Place
from cdk.operator.account import why
from services.common.calls.archive import RECORDINGS, TRANSCRIPTS
from services.common.calls.kept import KeptCall
from services.common.calls.store import unwritten_key
from services.common.calls.transcript import Transcript
from services.common.expressions import marshal, unmarshal
from services.common.records import utc_now

MOST = 1000
"""Transcripts read for one list, the newest ones: 10 MB, and some seconds from S3."""

RATE = 16_000
_THREADS = 16


@dataclass(frozen=True, slots=True)
class Deleted:
    """What there was of a call.

    Attributes:
        files: Transcripts and pieces of the recording.
        items: The record: its own item, turns, tool calls and so on.
    """

    files: int
    items: int


class Shelf:
    """The calls of one place.

    Every method raises `NoCallsError` where AWS does not do what was asked.
    """

    def __init__(self, place: Place) -> None:
        """Reads nothing yet."""
        self.place = place

    def transcripts(self, *, since: date, until: date | None = None) -> list[Transcript]:
        """Transcripts of calls that began within some days, UTC, the newest first."""
        last = until or datetime.now(UTC).date()
        keys: list[str] = []
        while last >= since and len(keys) < MOST:
            names = self._names(f"{TRANSCRIPTS}{last:%Y-%m-%d}/")
            keys += [name for name in names if name.endswith(".json")]
            last -= timedelta(days=1)
        with ThreadPoolExecutor(_THREADS) as threads:
            read = [one for one in threads.map(self._transcript, keys[:MOST]) if one is not None]
        return sorted(read, key=lambda transcript: transcript.started_at, reverse=True)

    def read(self, session_id: str) -> Transcript:
        """One call's transcript."""
        day = self._day(session_id, self._items(session_id))
        found = self._transcript(f"{TRANSCRIPTS}{day}/{session_id}.json") if day else None
        if found is None:
            raise NoCallsError(f"There is no transcript of {session_id} on {self.place.name}.")
        return found

    def sound(self, transcript: Transcript) -> NDArray[np.int16]:
        """What was recorded, laid out from the call's start: the caller left, the agent right."""
        pieces = [(round(one.start * RATE), self._piece(one.key)) for one in transcript.recording]
        end = max((start + len(samples) for start, samples in pieces), default=0)
        whole = np.zeros((end, 2), np.int16)
        for start, samples in pieces:
            whole[start : start + len(samples)] = samples
        return whole

    def delete(self, session_id: str) -> Deleted:
        """Deletes all that is kept of a call that is over: record, transcript, recording.

        The record goes first, so that nobody writes the transcript once more.
        """
        items = self._items(session_id)
        kept = KeptCall.of(items, utc_now)
        if kept is not None and not kept.session.status.over:
            raise NoCallsError(f"{session_id} is still going on: delete it when it is over.")
        day = self._day(session_id, items)
        own = [{"session_id": item["session_id"], "item": item["item"]} for item in items]
        with _told():
            for key in [unwritten_key(session_id), *own]:
                self.place.dynamodb.delete_item(TableName=self.place.table, Key=marshal(key))
        names = [] if day is None else self._files(day, session_id)
        with _told():
            for name in names:
                self.place.s3.delete_object(Bucket=self.place.bucket, Key=name)
        return Deleted(files=len(names), items=len(items))

    def _files(self, day: str, session_id: str) -> list[str]:
        transcripts = self._names(f"{TRANSCRIPTS}{day}/{session_id}.")
        return [*transcripts, *self._names(f"{RECORDINGS}{day}/{session_id}/")]

    def _day(self, session_id: str, items: Iterable[dict[str, Any]]) -> str | None:
        """On which day a call began, from its record's items or else from where its files are."""
        for item in items:
            if item["item"] == "meta":
                return str(item["created_at"])[:10]
        ending = f"/{session_id}.json"
        found = [name for name in self._names(TRANSCRIPTS) if name.endswith(ending)]
        return found[0].split("/")[1] if found else None

    def _items(self, session_id: str) -> list[dict[str, Any]]:
        with _told():
            pages = self.place.dynamodb.get_paginator("query").paginate(
                TableName=self.place.table,
                KeyConditionExpression="session_id = :id",
                ExpressionAttributeValues={":id": {"S": session_id}},
                ConsistentRead=True,
            )
            raw = [item for page in pages for item in page["Items"]]
        return [item for one in raw if (item := unmarshal(one)) is not None]

    def _names(self, prefix: str) -> list[str]:
        with _told():
            pages = self.place.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.place.bucket, Prefix=prefix
            )
            return [str(item["Key"]) for page in pages for item in page.get("Contents", ())]

    def _transcript(self, key: str) -> Transcript | None:
        body = self._body(key)
        try:
            return None if body is None else Transcript.model_validate_json(body)
        except ValidationError:
            return None  # of a newer version, or nobody's

    def _piece(self, key: str) -> NDArray[np.int16]:
        """Samples of a piece; none where it did not get to the bucket."""
        body = self._body(key)
        if body is None:
            return np.zeros((0, 2), np.int16)
        with wave.open(io.BytesIO(body)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.dtype("<i2"))
        return samples.reshape(-1, 2)

    def _body(self, key: str) -> bytes | None:
        with _told():
            try:
                found = self.place.s3.get_object(Bucket=self.place.bucket, Key=key)
            except self.place.s3.exceptions.NoSuchKey:
                return None
            body: bytes = found["Body"].read()
            return body


def peaks(sound: NDArray[np.int16], count: int) -> list[list[float]]:
    """How loud each side is over time, from 0 to 1, in so many steps."""
    if not len(sound):
        return [[], []]
    starts = np.linspace(0, len(sound), count, endpoint=False).astype(int)
    loudest = np.maximum.reduceat(np.abs(sound.astype(np.int32)), starts)
    return [[round(float(value) / 32768, 3) for value in loudest[:, side]] for side in (0, 1)]


def write_wav(sound: NDArray[np.int16], path: Path) -> None:
    """Writes sound as a stereo WAV file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())


@contextmanager
def _told() -> Iterator[None]:
    """Tells what went wrong with AWS in words for the terminal."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise NoCallsError(why(error)) from error
