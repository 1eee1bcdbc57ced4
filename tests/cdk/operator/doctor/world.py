"""Puts an account into the state that a test is about."""

import json
from typing import Any

import boto3

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor import images
from cdk.operator.doctor.finding import Finding, Level
from cdk.operator.known_secrets import KNOWN_SECRETS
from cdk.operator.parameters import Parameters
from tests.cdk.operator.doctor.conftest import Elsewhere

AVAILABLE = {
    "modelId": "amazon.nova-2-5-sonic",
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def at(aws: str, service: str) -> Any:  # noqa: ANN401 - a boto3 client
    return boto3.client(service, region_name="us-east-1", endpoint_url=aws)


def only(findings: list[Finding], level: Level) -> str:
    (finding,) = findings
    assert finding.level is level, finding
    return finding.sentence


def quota(elsewhere: Elsewhere, value: float, name: str = "") -> None:
    content = {"QuotaName": name, "QuotaCode": "L-1", "Value": value}
    elsewhere.answers["GetServiceQuota"] = (200, {"Quota": content})
    elsewhere.answers["ListServiceQuotas"] = (200, {"Quotas": [content]})


def zone_of(config: Environment, aws: str, name: str, **more: object) -> Environment:
    """The configuration with a hosted zone that exists in moto."""
    route53 = at(aws, "route53")
    made = route53.create_hosted_zone(Name=name, CallerReference="1", **more)
    id = made["HostedZone"]["Id"].rsplit("/", 1)[1]
    part = config.domain.model_copy(update={"zone_id": id})
    return config.model_copy(update={"domain": part})


def make_ready(aws: str, elsewhere: Elsewhere, config: Environment) -> Environment:
    """An account in which everything is as it should be."""
    ssm = at(aws, "ssm")
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="29", Type="String")
    Parameters(config, Account(config)).store(KNOWN_SECRETS[0], "k" * 20, replaces=False)
    config = zone_of(config, aws, "example.com")
    answer = at(aws, "route53").get_hosted_zone(Id=config.domain.zone_id)
    elsewhere.dns("example.com", "NS", *[f"{n}." for n in answer["DelegationSet"]["NameServers"]])
    elsewhere.dns("example.com", "CAA")
    elsewhere.answers["/foundation-model-availability/amazon.nova-2-5-sonic"] = (200, AVAILABLE)
    quota(elsewhere, 500, "On-demand InvokeModel concurrent requests for Amazon Nova 2.5 Sonic")
    for service in images.SERVICES:
        push(aws, service, ["arm64"])
    return config


def push(aws: str, service: str, platforms: list[str]) -> None:
    """An index of images, in ECR."""
    ecr = at(aws, "ecr")
    ecr.create_repository(repositoryName=f"voice-agents/{service}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": f"sha256:{number:064}",
                "size": 2,
                "platform": {"architecture": name, "os": "linux"},
            }
            for number, name in enumerate([*platforms, "unknown"])
        ],
    }
    ecr.put_image(
        repositoryName=f"voice-agents/{service}",
        imageManifest=json.dumps(manifest),
        imageTag="0.1.0",
    )
