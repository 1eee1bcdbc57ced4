"""What a page sends to set up WebRTC, and the process that it is for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Send

from services.bot import signalling
from services.bot.admission import Admission
from services.bot.call.ending import Ending
from services.bot.endpoint import endpoint
from services.bot.processes.slot import Slot
from services.common.tickets import Presented, mint
from tests.bot.conftest import until

CANDIDATES = {"pc_id": "1", "candidates": []}
TICKET = mint("ses_" + 22 * "1", "ticket")


class Line:
    """A line that takes whatever comes."""

    async def answer(self, _offer: object) -> dict[str, str]:
        return {"sdp": "v=0", "type": "answer", "pc_id": "1"}

    async def take_signalling(
        self, method: str, _body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        return 200, {"taken": method}


@pytest.fixture
def shown() -> Presented:
    shown = signalling.shown_ticket(TICKET)
    assert shown is not None
    return shown


async def post_offer(meeting_place: Path, send: Send) -> None:
    """Posts an offer to an endpoint whose calls are signalled in that folder."""
    resources: Any = SimpleNamespace(
        settings=SimpleNamespace(cors_origins=[]), meeting_place=SimpleNamespace(path=meeting_place)
    )

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"sdp": "v=0", "type": "offer"}'}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webrtc",
        "query_string": f"ticket={TICKET}".encode(),
        "headers": [],
    }
    await endpoint(resources, Slot(lambda *_: None))(scope, receive, send)


async def test_candidates_that_follow_the_answer_at_once_reach_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: Presented
) -> None:
    over = asyncio.Event()

    async def of_offer(*_: object) -> tuple[object, Line]:
        return SimpleNamespace(run=over.wait), Line()

    monkeypatch.setattr(Admission, "of_offer", of_offer)
    taken: list[tuple[int, dict[str, Any]]] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            taken.append(await signalling.pass_on(tmp_path, shown, "PATCH", CANDIDATES))

    await post_offer(tmp_path, send)
    assert taken == [(200, {"taken": "PATCH"})]
    over.set()
    await until(lambda: not any(tmp_path.iterdir()))


async def test_a_call_that_was_taken_over_leaves_the_other_ones_way(
    tmp_path: Path, shown: Presented
) -> None:
    line = Line()
    before = signalling.listening(tmp_path, shown, line.take_signalling)
    after = signalling.listening(tmp_path, shown, line.take_signalling)
    await before.__aenter__()
    async with after:
        await before.__aexit__(None, None, None)
        assert await signalling.pass_on(tmp_path, shown, "PATCH", CANDIDATES) == (
            200,
            {"taken": "PATCH"},
        )
    assert not list(tmp_path.glob("*"))  # noqa: ASYNC240 - a folder of its own


async def test_an_offer_that_fails_in_any_way_ends_its_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[object] = []
    ran = asyncio.Event()

    async def run() -> None:
        ran.set()

    async def of_offer(*_: object) -> tuple[object, Line]:
        return SimpleNamespace(run=run, hang_up=ends.append), Line()

    monkeypatch.setattr(Admission, "of_offer", of_offer)
    answers: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    await post_offer(tmp_path / "that" / "is" / "not" / "there", send)
    assert answers == [500]
    await asyncio.wait_for(ran.wait(), 10)
    assert ends == [Ending.FAILED]
