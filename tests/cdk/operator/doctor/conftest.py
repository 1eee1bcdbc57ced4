"""What moto has no answer for, over HTTP too: resolver, Bedrock, quotas, image layers, Daily."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cdk.config import Environment, load_environment
from cdk.config.parts import Images
from cdk.operator.account import Account


@dataclass
class Elsewhere:
    """Answers that a test may change, by path or by operation.

    Attributes:
        url: Where it listens.
        answers: Status and JSON body.
        asked: Every request's headers, by path or operation.
    """

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def dns(self, name: str, kind: str, *data: str, number: int = 2) -> None:
        """What the resolver says about ``name``."""
        records = [{"name": f"{name}.", "type": number, "data": one} for one in data]
        self.answers[f"/resolve {name} {kind}"] = (200, {"Status": 0, "Answer": records})


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """The rest of the Internet."""
    world = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            self.answer(" ".join([parts.path, *query.get("name", []), *query.get("type", [])]))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(self.headers["X-Amz-Target"].split(".")[1])

        def answer(self, key: str) -> None:
            world.asked[key] = dict(self.headers)
            status, content = world.answers.get(key, (404, {}))
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status == 302:
                self.send_header("Location", f"{world.url}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield world
    server.shutdown()
    server.server_close()


@pytest.fixture
def config() -> Environment:
    images = Images(repositories="voice-agents", tag="0.1.0")
    return load_environment("example").model_copy(update={"images": images})


@pytest.fixture
def account(
    aws: str, elsewhere: Elsewhere, config: Environment, monkeypatch: pytest.MonkeyPatch
) -> Account:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", elsewhere.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", elsewhere.url)
    monkeypatch.setenv("DAILY_API_URL", f"{elsewhere.url}/daily")
    return Account(config)
