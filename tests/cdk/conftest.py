"""One synth for all tests: the smallest and the largest deployment in one app."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

# First of all, because it chooses the Node.js that runs the CDK.
from cdk.config import load_environment  # isort: skip
from aws_cdk import App

from cdk.deployment import Deployment
from cdk.validation import add_validation
from tests.cdk.templates import Templates

ROOT = Path(__file__).parents[2]

CANARY = "canary-that-no-template-may-show"
"""What every secret is in the environment that templates are made in."""

SECRETS = ("API_KEY", "DAILY_API_KEY", "NOVA_AWS_ACCESS_KEY_ID", "NOVA_AWS_SECRET_ACCESS_KEY")


@pytest.fixture(scope="session")
def flags() -> dict[str, Any]:
    """The feature flags, which the CDK's command line hands to the app."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory, flags: dict[str, Any]) -> Path:
    """The folder of the cloud assembly, made without credentials and judged like every synth."""
    folder = tmp_path_factory.mktemp("cdk") / "cdk.out"
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        for name in SECRETS:
            environment.setenv(name, CANARY)
        app = App(context=flags, outdir=str(folder))
        for name in ("small", "large"):
            Deployment(app, config=load_environment(name))
        add_validation(app)
        app.synth()
    return folder


@pytest.fixture(scope="session")
def small(assembly: Path) -> Templates:
    """One task a service, the connect server as a function, nothing protected."""
    return Templates.read(assembly, "small")


@pytest.fixture(scope="session")
def large(assembly: Path) -> Templates:
    """Three zones, 1,000 calls at once, everything protected."""
    return Templates.read(assembly, "large")


@pytest.fixture(scope="session", params=["small", "large"])
def templates(request: pytest.FixtureRequest) -> Templates:
    """Both, one after the other."""
    found: Templates = request.getfixturevalue(request.param)
    return found
