"""Our services, started on this machine as ECS and Lambda start them in the account."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.bot.conftest import PATIENCE_SECONDS, START_SECONDS, Bot
from tests.cdk.deploy.cloud import ROOT
from tests.cdk.deploy.place import Place
from tests.children import end_with_the_tests

_FREE_PORTS = {"HOST": "127.0.0.1", "PORT": "0", "ADMIN_PORT": "0"}
"""A container has all ports to itself; this machine has not."""

_INVOKE = (
    "import {0}, json, sys; "
    "print(json.dumps([{0}.{1}(event, None) for event in json.load(sys.stdin)]))"
)


def environment(place: Place, service: str, **more: str) -> dict[str, str]:
    """What a service is told, the keys of its role, and the way to the account; nothing else."""
    own = place.cloud.variables(place.keys(service))
    return {"PATH": os.environ["PATH"], **own, **place.told(service), **more}


@asynccontextmanager
async def running(place: Place, service: str, listening: str, **more: str) -> AsyncIterator[Bot]:
    """Runs a service, and ends it without a word: a bot that goes politely waits for SQS first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{service}",
        cwd=ROOT,
        env=environment(place, service, **_FREE_PORTS, **more),
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=end_with_the_tests,
    )
    started = Bot(process)
    try:
        line = await started.line(listening)
        started.port, started.admin_port = line["port"], line.get("admin_port", line["port"])
        yield started
    finally:
        await started.kill()


def request(place: Place, method: str, path: str, body: object, **headers: str) -> dict[str, Any]:
    """What the load balancer makes of a caller's request."""
    return {
        "requestContext": {"elb": {"targetGroupArn": place.target_group_of("server")}},
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {
            "content-type": ["application/json"],
            "x-forwarded-for": ["203.0.113.7"],
            "x-forwarded-port": ["443"],
            "x-forwarded-proto": ["https"],
            **{name: [value] for name, value in headers.items()},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def invoke(place: Place, *requests: dict[str, Any]) -> list[tuple[int, Any]]:
    """Starts the connect server's function and asks it one request after the other.

    Returns:
        Status and JSON body of each answer.
    """
    image = place.function["Configuration"]["ImageConfigResponse"]["ImageConfig"]
    (handler,) = image["Command"]
    done = subprocess.run(
        [sys.executable, "-c", _INVOKE.format(*handler.rsplit(".", 1))],
        cwd=ROOT,
        env=environment(place, "server"),
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        timeout=START_SECONDS + PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        (answer["statusCode"], json.loads(answer["body"])) for answer in json.loads(done.stdout)
    ]
