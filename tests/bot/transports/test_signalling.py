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
