"""Where the images come from."""

from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ecs as ecs

from cdk.config import ConfigError, Environment, load_environment
from cdk.config.fargate import Architecture
from cdk.config.parts import Images
from cdk.images import SERVICES, service_images


def built_for(architecture: Architecture) -> Environment:
    images = Images(architecture=architecture)
    return load_environment("small").model_copy(update={"images": images})


def test_without_repositories_they_are_built_for_the_architecture(tmp_path: Path) -> None:
    for name in SERVICES:
        file = tmp_path / "services" / name / "Dockerfile"
        file.parent.mkdir(parents=True)
        file.write_text("FROM scratch\n")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "large").write_text("not for images")
    stack = Stack(App(outdir=str(tmp_path / "cdk.out")), "Stack")
    images = service_images(stack, built_for("x86_64"), root=tmp_path)
    task = ecs.FargateTaskDefinition(stack, "Task")
    task.add_container("bot", image=images.bot)
    assembly = stack.node.root.synth()  # type: ignore[attr-defined]
    (asset,) = Path(assembly.directory).glob("asset.*")
    assert (asset / "services" / "bot" / "Dockerfile").is_file()
    assert not (asset / ".venv").exists()
    assets = (Path(assembly.directory) / "Stack.assets.json").read_text()
    assert '"platform": "linux/amd64"' in assets


def test_a_missing_dockerfile_is_one_sentence(tmp_path: Path) -> None:
    stack = Stack(App(outdir=str(tmp_path)), "Stack")
    with pytest.raises(ConfigError) as caught:
        service_images(stack, built_for("arm64"), root=tmp_path)
    assert caught.value.problems == [
        "cdk/environments/small.toml: images.repositories: is missing and "
        "there is no services/client/Dockerfile to build; set repositories and tag."
    ]
