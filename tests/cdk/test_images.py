"""Where the images come from."""

import json
import subprocess
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ecs as ecs

from cdk.config import ConfigError, Environment, load_environment
from cdk.config.fargate import Architecture
from cdk.config.parts import Images
from cdk.images import ROOT, SERVICES, service_images


def built_for(architecture: Architecture) -> Environment:
    images = Images(architecture=architecture)
    return load_environment("small").model_copy(update={"images": images})


def test_without_repositories_they_are_built_for_the_architecture(tmp_path: Path) -> None:
    stack = Stack(App(outdir=str(tmp_path)), "Stack")
    images = service_images(stack, built_for("x86_64"))
    task = ecs.FargateTaskDefinition(stack, "Task")
    for name in SERVICES:
        task.add_container(name, image=getattr(images, name))
    assembly = stack.node.root.synth()  # type: ignore[attr-defined]
    listed = json.loads((Path(assembly.directory) / "Stack.assets.json").read_text())
    built = {image["source"]["dockerFile"]: image for image in listed["dockerImages"].values()}
    assert set(built) == {f"services/{name}/Dockerfile" for name in SERVICES}
    assert {image["source"]["platform"] for image in built.values()} == {"linux/amd64"}
    for name in SERVICES:
        context = (
            Path(assembly.directory) / built[f"services/{name}/Dockerfile"]["source"]["directory"]
        )
        assert files_of(context) == wanted_for(name)


def files_of(context: Path) -> set[str]:
    return {str(file.relative_to(context)) for file in context.rglob("*") if file.is_file()}


def wanted_for(name: str) -> set[str]:
    """The files under version control that belong into the image's context, and no others."""
    folders = [f"services/{name}"] if name == "client" else [f"services/{name}", "services/common"]
    listing = subprocess.run(
        [
            *("git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"),
            *("services/__init__.py", f"requirements/{name}.txt", *folders),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    wanted = {
        file
        for file in listing
        if not file.startswith("services/client/tests/") and not file.endswith(".png")
    }
    return {".dockerignore"} | wanted


def test_a_missing_dockerfile_is_one_sentence(tmp_path: Path) -> None:
    stack = Stack(App(outdir=str(tmp_path)), "Stack")
    with pytest.raises(ConfigError) as caught:
        service_images(stack, built_for("arm64"), root=tmp_path)
    assert caught.value.problems == [
        "cdk/environments/small.toml: images.repositories: is missing and "
        "there is no services/client/Dockerfile to build; set repositories and tag."
    ]
