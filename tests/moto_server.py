"""moto over HTTP, with DynamoDB's promise that a conditional write is one step."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.dynamodb.responses import DynamoHandler
from moto.server import ThreadedMotoServer


@contextmanager
def moto_server() -> Iterator[str]:
    """Runs moto and tells its URL.

    moto checks an item and then changes it; of two requests at once both would find it unchanged.
    """
    one_at_a_time = threading.Lock()
    answer = DynamoHandler.call_action

    def answer_alone(self: DynamoHandler) -> Any:  # noqa: ANN401 - as moto's
        with one_at_a_time:
            return answer(self)

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with mock.patch.object(DynamoHandler, "call_action", answer_alone):
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()
