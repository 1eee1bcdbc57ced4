"""Serves the page on this machine alone, to the one who started it.

Transcripts are other people's words, and untrusted: the page gets them as JSON and shows them as
text. Other users and web pages of this machine cannot read them: the first request brings a key
that only the terminal shows, the others a cookie, and none comes under another host's name.
"""

import secrets
import socket
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calls.place import NoCallsError
from calls.search import Index
from calls.shelf import Shelf, peaks, write_wav
from services.common.calls.transcript import Transcript

FILES = Path(__file__).parent / "files"
COOKIE = "calls"
FRESH_SECONDS = 10.0
"""For so long a list is shown again without asking the bucket."""

PEAKS = 1200

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "media-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Calls:
    """What the page asks for."""

    def __init__(self, shelf: Shelf, folder: Path, since: date) -> None:
        """Keeps recordings that were listened to in ``folder``, until the command ends."""
        self._shelf = shelf
        self._folder = folder
        self._since = since
        self._listed: dict[str, Transcript] = {}
        self._listed_at = -FRESH_SECONDS

    def overview(self, words: str) -> dict[str, Any]:
        """A line a call, the newest first; where there are words, of those that hold them."""
        if time.monotonic() - self._listed_at >= FRESH_SECONDS:
            found = self._shelf.transcripts(since=self._since)
            self._listed = {one.session_id: one for one in found}
            self._listed_at = time.monotonic()
        listed = list(self._listed.values())
        hits = Index(listed).find(words) if words.strip() else []
        wanted = {hit.session_id for hit in hits} if words.strip() else set(self._listed)
        return {
            "place": self._shelf.place.name,
            "since": self._since.isoformat(),
            "calls": [_line(one) for one in listed if one.session_id in wanted],
            "hits": [asdict(hit) for hit in hits[:200]],
        }

    def read(self, session_id: str) -> dict[str, Any] | None:
        """A call and how loud it is over time; None where there is none."""
        transcript = self._known(session_id)
        if transcript is None:
            return None
        sound = self._shelf.sound(transcript)
        if len(sound):
            write_wav(sound, self._file(session_id))
        return {
            "transcript": transcript.model_dump(mode="json"),
            "peaks": peaks(sound, PEAKS),
            "sound_seconds": len(sound) / 16_000,
        }

    def file(self, session_id: str) -> Path | None:
        """The recording of a call that was read."""
        if session_id not in self._listed:
            return None
        file = self._file(session_id)
        return file if file.exists() else None

    def _known(self, session_id: str) -> Transcript | None:
        if session_id not in self._listed:
            self.overview("")
        return self._listed.get(session_id)

    def _file(self, session_id: str) -> Path:
        return self._folder / f"{session_id}.wav"


def _line(transcript: Transcript) -> dict[str, Any]:
    """What the list shows of a call."""
    return {
        **transcript.model_dump(
            mode="json",
            include={
                "session_id",
                "agent",
                "transport",
                "reason",
                "failed",
                "complete",
                "started_at",
                "seconds",
            },
        ),
        "usd": transcript.cost.usd if transcript.cost else None,
        "turns": len(transcript.turns),
        "recorded": bool(transcript.recording),
    }


def application(calls: Calls, key: str) -> ASGIApp:
    """The page's server.

    Args:
        calls: What it shows.
        key: What its first request brings.
    """

    async def index(request: Request) -> Response:
        if secrets.compare_digest(request.query_params.get("key", ""), key):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, key, httponly=True, samesite="strict")
            return answer
        return FileResponse(FILES / "index.html")

    async def listed(request: Request) -> Response:
        return JSONResponse(
            await run_in_threadpool(calls.overview, request.query_params.get("find", ""))
        )

    async def read(request: Request) -> Response:
        found = await run_in_threadpool(calls.read, request.path_params["id"])
        return JSONResponse(found, 200 if found else 404)

    async def sound(request: Request) -> Response:
        file = calls.file(request.path_params["id"])
        return FileResponse(file, media_type="audio/wav") if file else Response(status_code=404)

    async def failed(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, 502)

    def asset(name: str) -> Route:
        async def give(_: Request) -> Response:
            return FileResponse(FILES / name)

        return Route(f"/{name}", give)

    app = Starlette(
        routes=[
            Route("/", index),
            *(asset(file.name) for file in sorted(FILES.iterdir()) if file.name != "index.html"),
            Route("/calls", listed),
            Route("/calls/{id}", read),
            Route("/calls/{id}/sound.wav", sound),
        ],
        exception_handlers={NoCallsError: failed},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])],
    )
    return _Guarded(app, key)


class _Guarded:
    """Lets the one in who knows the key, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(n.lower().encode(), value.encode()) for n, value in _HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        request = Request(scope)
        shown = request.cookies.get(COOKIE, "") or request.query_params.get("key", "")
        if not secrets.compare_digest(shown.encode(), self._key.encode()):
            answer = Response("Open the address that `make calls` printed.\n", 403)
            await answer(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def serve(shelf: Shelf, *, port: int, since: date) -> None:
    """Serves the page until Ctrl-C.

    Raises:
        NoCallsError: The port is taken.
    """
    key = secrets.token_urlsafe(24)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        raise NoCallsError(f"Port {port} is taken: choose another, PAGE=…") from error
    with tempfile.TemporaryDirectory(prefix="calls-") as folder:
        app = application(Calls(shelf, Path(folder), since), key)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/?key={key}"
        sys.stdout.write(f"The calls of {shelf.place.name}: {address}\nCtrl-C ends it.\n")
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", log_config=None))
        server.run(sockets=[listener])
