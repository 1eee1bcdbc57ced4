"""Where the three services' container images come from."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.config import ConfigError, Environment
from cdk.config.fargate import Architecture

ROOT = Path(__file__).parents[1]

SERVICES = ("client", "server", "bot")

_FUNCTION_ENTRYPOINT = ["python", "-m", "awslambdaric"]
FUNCTION_HANDLER = ["services.server.function.handler"]


@dataclass(frozen=True, kw_only=True)
class ServiceImages:
    """One image a service; the connect server's also runs as a function."""

    client: ecs.ContainerImage
    server: ecs.ContainerImage
    bot: ecs.ContainerImage
    server_function: lambda_.DockerImageCode


def service_images(scope: Construct, config: Environment, *, root: Path = ROOT) -> ServiceImages:
    """The images that the configuration names: from ECR repositories, or built from Dockerfiles.

    Raises:
        ConfigError: They are to be built and a Dockerfile is missing.
    """
    images = config.images
    if images.repositories is not None and images.tag is not None:
        return _from_repositories(scope, images.repositories, images.tag)
    for name in SERVICES:
        if not (root / _dockerfile(name)).is_file():
            raise ConfigError(
                [
                    f"cdk/environments/{config.name}.toml: images.repositories: is missing and "
                    f"there is no {_dockerfile(name)} to build; set repositories and tag."
                ]
            )
    return _from_dockerfiles(images.architecture, root)


def _dockerfile(service: str) -> str:
    return f"services/{service}/Dockerfile"


def _exclusions(service: str) -> list[str]:
    """What of `.dockerignore`'s choice this image does without: a change there makes no new one."""
    others = [name for name in SERVICES if name != service]
    if service == "client":
        others.append("common")
    return [
        *(f"services/{name}" for name in others),
        "requirements/*",
        f"!requirements/{service}.txt",
    ]


def _from_repositories(scope: Construct, prefix: str, tag: str) -> ServiceImages:
    repositories = {
        name: ecr.Repository.from_repository_name(
            scope, f"{name.capitalize()}Images", f"{prefix}/{name}"
        )
        for name in SERVICES
    }
    return ServiceImages(
        client=ecs.ContainerImage.from_ecr_repository(repositories["client"], tag),
        server=ecs.ContainerImage.from_ecr_repository(repositories["server"], tag),
        bot=ecs.ContainerImage.from_ecr_repository(repositories["bot"], tag),
        server_function=lambda_.DockerImageCode.from_ecr(
            repositories["server"],
            tag_or_digest=tag,
            entrypoint=_FUNCTION_ENTRYPOINT,
            cmd=FUNCTION_HANDLER,
        ),
    )


def _from_dockerfiles(architecture: Architecture, root: Path) -> ServiceImages:
    arm64 = architecture == "arm64"
    platform = assets.Platform.LINUX_ARM64 if arm64 else assets.Platform.LINUX_AMD64

    def build(name: str) -> ecs.ContainerImage:
        return ecs.ContainerImage.from_asset(
            str(root),
            file=_dockerfile(name),
            platform=platform,
            exclude=_exclusions(name),
            ignore_mode=IgnoreMode.DOCKER,
        )

    return ServiceImages(
        client=build("client"),
        server=build("server"),
        bot=build("bot"),
        server_function=lambda_.DockerImageCode.from_image_asset(
            str(root),
            file=_dockerfile("server"),
            platform=platform,
            exclude=_exclusions("server"),
            ignore_mode=IgnoreMode.DOCKER,
            entrypoint=_FUNCTION_ENTRYPOINT,
            cmd=FUNCTION_HANDLER,
        ),
    )
