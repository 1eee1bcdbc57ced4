"""AWS's stand-in: moto's server, with DynamoDB's promise that calls happen one after another.

moto checks an item and then changes it, and undoes a cancelled transaction by putting the whole
table back: what other threads wrote in between would be lost. `python -m local.aws` takes the
arguments of `python -m moto.server`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.dynamodb.responses import DynamoHandler
from moto.server import main


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Lets this process's moto answer one call of DynamoDB after another."""
    lock = threading.Lock()
    answer = DynamoHandler.call_action

    def answer_alone(self: DynamoHandler) -> Any:  # noqa: ANN401  as moto's own
        with lock:
            return answer(self)

    with mock.patch.object(DynamoHandler, "call_action", answer_alone):
        yield


if __name__ == "__main__":
    with one_at_a_time():
        main()
