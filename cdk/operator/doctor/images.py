"""Are the images there, and made for the processor that runs them?"""

import json
import shutil
from typing import Any

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, unknown, wrong
from cdk.operator.doctor.web import WebError, get_json

SERVICES = ("client", "server", "bot")

_PLATFORMS = {"arm64": "arm64", "x86_64": "amd64"}
_MEDIA_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def check_build(config: Environment) -> list[Finding]:
    """This machine can build the images, where `cdk deploy` is to do that."""
    if config.images.repositories is not None:
        return []
    if shutil.which("docker") is None:
        return [
            wrong(
                "images",
                "there is no docker to build them with: install it, or set images.repositories "
                "and images.tag",
            )
        ]
    # On any machine: nothing of the target's is run while they are built.
    return [good("images", f"are built here, for {config.images.architecture}")]


def check_images(config: Environment, account: Account) -> list[Finding]:
    """The three images are in ECR, each for the configured architecture."""
    prefix, tag = config.images.repositories, config.images.tag
    if prefix is None or tag is None:
        return []
    return [
        _check_image(config, account, service, f"{prefix}/{service}", tag) for service in SERVICES
    ]


def _check_image(
    config: Environment, account: Account, service: str, repository: str, tag: str
) -> Finding:
    subject = f"{service} image"
    ecr = account.client("ecr")
    try:
        answer = ecr.batch_get_image(
            repositoryName=repository,
            imageIds=[{"imageTag": tag}],
            acceptedMediaTypes=list(_MEDIA_TYPES),
        )
    except ecr.exceptions.RepositoryNotFoundException:
        return wrong(
            subject,
            f"there is no repository {repository} in {config.region}: `aws ecr create-repository "
            f"--repository-name {repository}`, then push {tag}",
        )
    if not answer["images"]:
        return wrong(subject, f"{repository} has no {tag}: push it, or correct images.tag")
    manifest = json.loads(answer["images"][0]["imageManifest"])
    is_index = "manifests" in manifest
    if is_index and service == "server" and config.server.compute == "lambda":
        return wrong(
            subject,
            f"{repository}:{tag} is an index of images, which Lambda does not take: build it for "
            "one platform with `--provenance=false`",
        )
    try:
        found = _index_platforms(manifest) if is_index else [_platform(ecr, repository, manifest)]
    except WebError as error:
        return unknown(subject, f"its architecture could not be read ({error}): try again")
    wanted = config.images.architecture
    if _PLATFORMS[wanted] not in found:
        return wrong(
            subject,
            f"{repository}:{tag} is for {', '.join(found) or 'no platform'}: build it with "
            f"`--platform linux/{_PLATFORMS[wanted]}`, or correct images.architecture",
        )
    return good(subject, f"{repository}:{tag}, {wanted}")


def _index_platforms(index: dict[str, Any]) -> list[str]:
    names = [str(one.get("platform", {}).get("architecture")) for one in index["manifests"]]
    return sorted({name for name in names if name not in ("None", "unknown")})


def _platform(ecr: Any, repository: str, manifest: dict[str, Any]) -> str:  # noqa: ANN401 - boto3
    answer = ecr.get_download_url_for_layer(
        repositoryName=repository, layerDigest=manifest["config"]["digest"]
    )
    content = get_json(answer["downloadUrl"])
    return str(content["architecture"])
