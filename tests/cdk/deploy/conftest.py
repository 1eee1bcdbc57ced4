"""One account with both sizes in it, deployed once."""

import os
import pty
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

# First of all, because it chooses the Node.js that runs the CDK.
from cdk.config import Environment, load_environment  # isort: skip
from aws_cdk import App

from cdk.deployment import Deployment
from tests.cdk.deploy.cloud import ROOT, SECONDS, ZONE_NAME, Cloud, make, moto
from tests.cdk.deploy.place import Place
from tests.daily_stand_in import DAILY_KEY

API_KEY = "key-that-an-operator-typed"
"""What is stored for both environments."""


@pytest.fixture(scope="session")
def environments() -> dict[str, Environment]:
    """Both sizes, with images that somebody has pushed: none is built for these tests."""
    pushed = {"repositories": "voice-agents", "tag": "0.1.0"}
    return {
        name: config.model_copy(update={"images": config.images.model_copy(update=pushed)})
        for name, config in ((name, load_environment(name)) for name in ("small", "large"))
    }


@pytest.fixture(scope="session")
def cloud(
    environments: dict[str, Environment],
    flags: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cloud]:
    """An account with a hosted zone and nothing else."""
    folder = tmp_path_factory.mktemp("deploy")
    assembly = folder / "cdk.out"
    with moto() as said:
        # Meanwhile moto starts.
        app = App(context=flags, outdir=str(assembly))
        for config in environments.values():
            Deployment(app, config=config)
        app.synth()
        cloud = Cloud(url=next(said).strip(), assembly=assembly, home=folder)
        cloud.client("route53").create_hosted_zone(Name=ZONE_NAME, CallerReference="1")
        yield cloud


@pytest.fixture(scope="session")
def deployed(cloud: Cloud, environments: dict[str, Environment]) -> dict[str, Place]:
    """Both environments, made in the order of `cdk/README.md`."""
    status, said = cloud.cdk("bootstrap")
    assert status == 0, said
    for name in environments:
        type_secrets(cloud, name)
    status, said = cloud.deploy()
    assert status == 0, said
    return {name: Place(cloud, config) for name, config in environments.items()}


@pytest.fixture(scope="session")
def small(deployed: dict[str, Place]) -> Place:
    """One task a service, the connect server as a function, nothing protected."""
    return deployed["small"]


@pytest.fixture(scope="session")
def large(deployed: dict[str, Place]) -> Place:
    """Three zones, 1,000 calls at once, everything protected."""
    return deployed["large"]


@pytest.fixture(scope="session", params=["small", "large"])
def place(request: pytest.FixtureRequest, deployed: dict[str, Place]) -> Place:
    """Both, one after the other."""
    return deployed[request.param]


def type_secrets(cloud: Cloud, name: str) -> None:
    """Answers `make secrets` at a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        make("secrets", ENV=name),
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=cloud.terminal,
    )
    os.close(theirs)
    shown = b""
    try:
        while b"is stored" not in shown:
            shown += os.read(ours, 1024)
            if shown.endswith(b"> "):
                os.write(ours, f"{answer(shown.decode())}\n".encode())
        status = process.wait(SECONDS)
    except OSError:
        status = process.wait(SECONDS)
    finally:
        os.close(ours)
    assert status == 0, shown.decode()
    assert API_KEY.encode() not in shown


def answer(shown: str) -> str:
    """What the operator types: the secrets that are needed, and none of the others."""
    question = shown.splitlines()[-2]
    if "Enter goes on without" in question:
        return ""
    return {"API_KEY": API_KEY, "DAILY_API_KEY": DAILY_KEY}[question.split(":")[0]]
