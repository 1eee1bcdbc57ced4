"""moto over HTTP, with DynamoDB's promise that a conditional write is one step."""

from collections.abc import Iterator
from contextlib import contextmanager

from moto.server import ThreadedMotoServer

from local.aws import one_at_a_time


@contextmanager
def moto_server() -> Iterator[str]:
    """Runs moto and tells its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with one_at_a_time():
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()
