"""The connect server's image as a Lambda function, with Lambda's runtime API beside it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest

from cdk.images import FUNCTION_HANDLER
from tests.cdk.conftest import small
from tests.cdk.templates import Templates
from tests.images.conftest import Backend
from tests.images.engine import Container, Network, running
from tests.images.task import image_of

__all__ = ["small"]

SECONDS = 60


class RuntimeApi(ThreadingHTTPServer):
    """Hands events out and takes answers, as the service does inside its sandboxes."""

    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self.events: Queue[dict[str, Any]] = Queue()
        self.answers: Queue[tuple[str, dict[str, Any]]] = Queue()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the function answers to one event."""
        self.events.put(event)
        path, answer = self.answers.get(timeout=SECONDS)
        assert path.endswith("/response"), answer
        return answer


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        event = json.dumps(self.server.events.get()).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "9999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answers.put((self.path, json.loads(body)))

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def runtime(joined: Network) -> Iterator[RuntimeApi]:
    with RuntimeApi(joined.host) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        yield api
        api.shutdown()


@pytest.fixture
def function(
    small: Templates, joined: Network, backend: Backend, runtime: RuntimeApi
) -> Iterator[Container]:
    told = {k: v for k, v in small.environment("server").items() if isinstance(v, str)}
    seeded = {"PARAMETER_PREFIX": backend.parameter_prefix}
    host, port = runtime.server_address[:2]
    sandbox = {"AWS_LAMBDA_RUNTIME_API": f"{host}:{port}", "AWS_REGION": "us-east-1"}
    with running(
        image_of("server"),
        *("python", "-m", "awslambdaric", *FUNCTION_HANDLER),
        joined=joined,
        environment=told | seeded | backend.environment | sandbox,
        options=("--user", "993:990", "--read-only"),
    ) as container:
        yield container


def test_the_load_balancers_events_are_answered(
    function: Container, runtime: RuntimeApi, backend: Backend
) -> None:
    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        answer = runtime.invoke(
            {
                "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
                "httpMethod": method,
                "path": path,
                "multiValueQueryStringParameters": {},
                "multiValueHeaders": {
                    "host": ["voice-api.example.com"],
                    "content-type": ["application/json"],
                    "x-forwarded-proto": ["https"],
                    "authorization": [f"Bearer {backend.api_key}"],
                },
                "body": "" if body is None else json.dumps(body),
                "isBase64Encoded": False,
            }
        )
        return answer["statusCode"], json.loads(answer["body"])

    assert ask("GET", "/health") == (200, {"status": "ok", "service": "server"})
    status, opened = ask("POST", "/connect", {"transport": "websocket"})
    assert status == 200, opened
    status, session = ask("GET", f"/status/{opened['bot_id']}")
    assert (status, session["status"]) == (200, "waiting")
    assert backend.api_key not in function.logs()
