"""`make calls ENV=…`: the operator finds what a deployment's calls left."""

from datetime import UTC, datetime

import pytest

from services.common.calls.archive import transcript_key
from services.common.calls.transcript import Transcript
from services.common.prices import Tokens
from tests.cdk.deploy.place import Place

pytestmark = pytest.mark.xdist_group("deploy")

SESSION = "ses_" + 22 * "a"


def leave_a_transcript(place: Place) -> None:
    now = datetime.now(UTC)
    said = {"number": 1, "role": "user", "start": 1, "end": 2, "interrupted": False, "tokens": None}
    transcript = Transcript.model_validate(
        {
            "session_id": SESSION,
            "agent": "order-desk",
            "transport": "websocket",
            "caller": None,
            "reason": "caller-left",
            "failed": False,
            "complete": True,
            "started_at": now,
            "ended_at": now,
            "seconds": 2,
            "turns": [said | {"text": "Where is my kettle?"}],
            "tool_calls": [],
            "usage": Tokens(),
            "cost": None,
            "recording": [],
            "recording_declined": False,
        }
    )
    place.cloud.client("s3", place.keys("bot")).put_object(
        Bucket=place.told("bot")["TRANSCRIPTS_BUCKET"],
        Key=transcript_key(SESSION, now, "json"),
        Body=transcript.model_dump_json().encode(),
    )


def test_an_operator_finds_and_deletes_a_call(large: Place) -> None:
    leave_a_transcript(large)
    status, said = large.cloud.make("calls", ENV="large", FIND="kettle")
    assert status == 0, said
    assert SESSION in said
    assert "[kettle]" in said
    status, said = large.cloud.make("calls", ENV="large", DELETE=SESSION)
    assert (status, "1 files" in said) == (0, True), said
    status, said = large.cloud.make("calls", ENV="large", ID=SESSION)
    assert status != 0
    assert "no transcript" in said


def test_a_deployment_that_is_not_there_is_named(large: Place) -> None:
    status, said = large.cloud.make("calls", ENV="example")
    assert status != 0
    assert "Traceback" not in said
