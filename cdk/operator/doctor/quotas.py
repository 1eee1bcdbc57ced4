"""Does the account allow as much as the configuration may come to need?"""

from typing import Any

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, note, wrong

_FARGATE_VCPUS = ("fargate", "L-3032A538")
_ELASTIC_IPS = ("ec2", "L-0263D0A3")
"""Service Quotas' codes: "Fargate On-Demand vCPU resource count", "EC2-VPC Elastic IPs"."""

_MODEL_NAMES = {
    "amazon.nova-2-5-sonic": "Amazon Nova 2.5 Sonic",
    "amazon.nova-2-sonic-v1:0": "Amazon Nova 2 Sonic",
}
"""How quotas' names call the models."""

_USUAL_STREAMS = 20
"""Concurrent streams that a new account is said to have."""


def check_vcpus(config: Environment, account: Account) -> list[Finding]:
    """Fargate gives as many vCPUs as all services' tasks at their most."""
    subject = "Fargate vCPUs"
    sizes = [config.client, config.bot]
    if config.server.compute == "fargate":
        sizes.append(config.server)
    most = sum(size.cpu * size.max_tasks for size in sizes) / 1024
    allowed = _quota(account, *_FARGATE_VCPUS)
    if allowed < most:
        return [
            wrong(
                subject,
                f"max_tasks may come to {most:g} vCPUs and the account has {allowed:g}: "
                f"{_ask_for(config.region, *_FARGATE_VCPUS)}, or lower max_tasks",
            )
        ]
    if allowed < 2 * most:
        return [
            note(
                subject,
                f"{allowed:g} are enough for max_tasks, {most:g}, but a deployment at full load "
                f"runs up to twice as many for a while",
            )
        ]
    return [good(subject, f"{most:g} at most, of {allowed:g}")]


def check_addresses(config: Environment, account: Account) -> list[Finding]:
    """There are Elastic IPs left for the NAT gateways."""
    subject = "Elastic IPs"
    addresses = account.client("ec2").describe_addresses()["Addresses"]
    own = [address for address in addresses if _is_own(address, config)]
    lacking = max(0, config.network.nat_gateways - len(own))
    allowed = _quota(account, *_ELASTIC_IPS)
    if len(addresses) + lacking > allowed:
        return [
            wrong(
                subject,
                f"{len(addresses)} of {allowed:g} are taken and {lacking} more are needed for NAT "
                f"gateways: release some, or {_ask_for(config.region, *_ELASTIC_IPS)}",
            )
        ]
    return [good(subject, f"{lacking} more needed, {len(addresses)} of {allowed:g} taken")]


def check_streams(config: Environment, account: Account) -> list[Finding]:
    """Bedrock allows as many streams at once as calls are let in."""
    subject = "Bedrock streams"
    calls = config.max_calls
    name = _MODEL_NAMES[config.nova.model]
    quota = _stream_quota(account, config.nova.region, name)
    if quota is None:
        return [
            note(
                subject,
                f"Service Quotas lists no concurrent requests for {name}: accounts are said to "
                f"have {_USUAL_STREAMS}, and {calls} calls are let in at once: ask AWS Support, "
                "and keep nova.max_calls at what you are given",
            )
        ]
    allowed = quota["Value"]
    if allowed < calls:
        return [
            wrong(
                subject,
                f"{calls} calls are let in at once and the model takes {allowed:g}: "
                f"{_ask_for(config.nova.region, 'bedrock', quota['QuotaCode'])}, or lower "
                "nova.max_calls",
            )
        ]
    return [good(subject, f"{calls} calls at once, of {allowed:g}")]


def _quota(account: Account, service: str, code: str) -> float:
    quotas = account.client("service-quotas")
    answer = quotas.get_service_quota(ServiceCode=service, QuotaCode=code)
    return float(answer["Quota"]["Value"])


def _stream_quota(account: Account, region: str, name: str) -> dict[str, Any] | None:
    pages = account.client("service-quotas", region=region).get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode="bedrock"):
        for quota in page["Quotas"]:
            words = str(quota["QuotaName"])
            if "concurrent" in words.lower() and words.endswith(name):
                return dict(quota)
    return None


def _is_own(address: dict[str, Any], config: Environment) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in address.get("Tags", [])}
    return tags.get("voice-agents:environment") == config.name


def _ask_for(region: str, service: str, code: str) -> str:
    return (
        f"ask for more at https://{region}.console.aws.amazon.com/servicequotas/home/services/"
        f"{service}/quotas/{code}"
    )
