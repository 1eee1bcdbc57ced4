"""What is in the images, and what is not."""

import subprocess
from pathlib import Path

import pytest

from tests.images.conftest import REPOSITORY
from tests.images.engine import docker, inspect
from tests.images.task import SERVICES, image_of

NGINX = "public.ecr.aws/nginx/nginx:stable"
MEGABYTES = {"server": 210, "bot": 460}
PAGE_MEGABYTES = 60


def megabytes(image: str) -> float:
    return float(inspect(image)["Size"]) / 1e6


def files_in(image: str, folder: str) -> set[str]:
    listing = docker("run", "--rm", "--network", "none", image, "find", folder, "-type", "f")
    return {str(Path(line).relative_to(folder)) for line in listing.splitlines()}


@pytest.mark.parametrize("service", MEGABYTES)
def test_a_python_image_is_small(service: str) -> None:
    assert megabytes(image_of(service)) <= MEGABYTES[service]


def test_the_page_adds_little_to_nginx() -> None:
    assert megabytes(image_of("client")) - megabytes(NGINX) <= PAGE_MEGABYTES


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_as_nobody_in_particular_and_writes_to_one_folder(service: str) -> None:
    config = inspect(image_of(service))["Config"]
    assert config["User"] == "10001:10001"
    assert set(config["Volumes"]) == {"/tmp"}  # noqa: S108


@pytest.mark.parametrize("service", ["server", "bot"])
def test_a_python_image_has_its_service_compiled_and_nothing_else_of_ours(service: str) -> None:
    found = files_in(image_of(service), "/app")
    sources = {file for file in found if not file.endswith(".pyc")}
    tracked = subprocess.run(
        [
            *("git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"),
            *("services/__init__.py", f"services/{service}", "services/common"),
        ],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert sources == {file for file in tracked if not file.endswith(("Dockerfile", ".png"))}
    compiled = {Path(file) for file in found - sources}
    assert compiled == {
        path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc"
        for path in map(Path, sources)
        if path.suffix == ".py"
    }


def test_the_bot_has_what_its_agents_know() -> None:
    documents = {
        str(file.relative_to(REPOSITORY))
        for file in (REPOSITORY / "services" / "bot" / "agents").rglob("*.md")
    }
    assert documents
    assert documents <= files_in(image_of("bot"), "/app")


def test_the_page_image_has_the_built_page_and_its_compressed_twins() -> None:
    found = files_in(image_of("client"), "/usr/share/nginx/page")
    assert "index.html" in found
    assert not any(file.endswith((".ts", ".map")) for file in found)
    scripts = {file for file in found if file.endswith(".js")}
    assert any(f"{file}.gz" in found for file in scripts)
