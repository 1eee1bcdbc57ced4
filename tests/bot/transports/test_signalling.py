"""What a page sends to set up WebRTC, and the process that it is for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from services.bot import signalling
from services.bot.admission import Admission
from services.bot.call.ending import Ending
from services.bot.endpoint import endpoint
from services.bot.processes.slot import Slot
from services.common.tickets import mint
from tests.bot.conftest import until

CANDIDATES = {"pc_id": "1", "candidates": []}


class Line:
    """A line that takes whatever comes."""

    async def answer(self, _offer: object) -> dict[str, str]:
        return {"sdp": "v=0", "type": "answer", "pc_id": "1"}

    async def take_signalling(
        self, method: str, _body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        return 200, {"taken": method}


async def test_candidates_that_follow_the_answer_at_once_reach_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def of_offer(*_: object) -> tuple[object, Line]:
        return SimpleNamespace(run=over.wait), Line()

    monkeypatch.setattr(Admission, "of_offer", of_offer)
    resources: Any = SimpleNamespace(
        settings=SimpleNamespace(cors_origins=[]), meeting_place=SimpleNamespace(path=tmp_path)
    )
    ticket = mint("ses_" + 22 * "1", "ticket")
    shown = signalling.shown_ticket(ticket)
    assert shown is not None
    taken: list[tuple[int, dict[str, Any]]] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"sdp": "v=0", "type": "offer"}'}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            taken.append(await signalling.pass_on(tmp_path, shown, "PATCH", CANDIDATES))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webrtc",
        "query_string": f"ticket={ticket}".encode(),
        "headers": [],
    }
    application = endpoint(resources, Slot(lambda *_: None))
    await application(scope, receive, send)
    assert taken == [(200, {"taken": "PATCH"})]
    over.set()
    await until(lambda: not any(tmp_path.iterdir()))


async def test_a_call_that_was_taken_over_leaves_the_other_ones_way(tmp_path: Path) -> None:
    shown = signalling.shown_ticket(mint("ses_" + 22 * "1", "ticket"))
    assert shown is not None
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
    folder = tmp_path / "that" / "is" / "not" / "there"
    resources: Any = SimpleNamespace(
        settings=SimpleNamespace(cors_origins=[]), meeting_place=SimpleNamespace(path=folder)
    )
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webrtc",
        "query_string": f"ticket={mint('ses_' + 22 * '1', 'ticket')}".encode(),
        "headers": [],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"sdp": "v=0", "type": "offer"}'}

    answers: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answers.append(message["status"])

    await endpoint(resources, Slot(lambda *_: None))(scope, receive, send)
    assert answers == [500]
    await asyncio.wait_for(ran.wait(), 10)
    assert ends == [Ending.FAILED]
