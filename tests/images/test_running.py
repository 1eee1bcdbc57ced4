"""The three containers, run as their task definitions say."""

from collections.abc import Iterator

import pytest

from tests.images.conftest import Backend
from tests.images.engine import Container, Network, running
from tests.images.task import SERVICES, Task, image_of


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def container(
    service: str, tasks: dict[str, Task], joined: Network, backend: Backend
) -> Iterator[Container]:
    with tasks[service].run(joined, **backend.environment) as healthy:
        yield healthy


def test_it_has_no_rights_and_writes_to_one_folder(container: Container) -> None:
    status = container.execute("cat", "/proc/1/status")
    assert "Uid:\t10001\t10001\t10001\t10001" in status
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Read-only file system" in container.execute("touch", "/app/x", "/x", check=False)
    container.execute("touch", "/tmp/x")  # noqa: S108


def test_no_process_has_a_secret_in_its_environment(container: Container, backend: Backend) -> None:
    secrets = (backend.api_key, backend.environment["AWS_SECRET_ACCESS_KEY"])
    seen = container.execute("sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline")
    assert "PATH=" in seen
    assert secrets[0] not in seen
    assert secrets[0] not in container.logs()


def test_it_ends_in_time_when_it_is_asked_to(
    service: str, container: Container, tasks: dict[str, Task]
) -> None:
    assert container.stop(tasks[service].stop_seconds) == 0, container.logs()


@pytest.mark.parametrize(
    ("service_", "variables", "sentence"),
    [
        ("client", {"VITE_BASE_URL": "voice.example.com"}, "VITE_BASE_URL: is 'voice.example.com'"),
        ("client", {"VITE_BASE_URL": "https://a.example.com/x"}, "VITE_BASE_URL: is"),
        ("client", {"VITE_BASE_URL": "https://a'; script-src *"}, "VITE_BASE_URL: is"),
        ("client", {"VITE_BASE_URL": "https://a\nx: y"}, "VITE_BASE_URL: is"),
        ("client", {"AGENTS": "a';b"}, "AGENTS: is 'a';b'"),
        ("client", {"PORT": "80a"}, "PORT: is '80a'"),
        ("server", {"AWS_REGION": "us-east-1"}, "API_KEY: is missing"),
        ("server", {"AWS_REGION": "us-east-1", "PORT": "http"}, "PORT: "),
        ("bot", {"AWS_REGION": "us-east-1", "MAX_SESSIONS": "0"}, "MAX_SESSIONS: "),
        ("bot", {"AWS_REGION": "us-east-1", "AGENTS": "nobody"}, "AGENTS: there is no"),
    ],
)
def test_a_wrong_setting_is_named(service_: str, variables: dict[str, str], sentence: str) -> None:
    with running(image_of(service_), environment=variables) as container:
        assert container.exit_status() == 2
        assert sentence in container.logs()
