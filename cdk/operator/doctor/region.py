"""Is the account ready for the CDK, and are the zones there?"""

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, wrong

_OLDEST_BOOTSTRAP = 6
"""Which the templates' own rule asks for."""


def check_bootstrap(config: Environment, account: Account) -> list[Finding]:
    """`cdk bootstrap` has been run in the account and Region."""
    subject = "bootstrap"
    command = f"make cdk ENV={config.name} RUN=bootstrap"
    ssm = account.client("ssm")
    try:
        answer = ssm.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    except ssm.exceptions.ParameterNotFound:
        return [wrong(subject, f"{config.region} is not prepared for the CDK: run `{command}`")]
    version = int(answer["Parameter"]["Value"])
    if version < _OLDEST_BOOTSTRAP:
        return [wrong(subject, f"version {version} is too old for the CDK: run `{command}` again")]
    return [good(subject, f"version {version}")]


def check_zones(config: Environment, account: Account) -> list[Finding]:
    """The account has the availability zones that the network is spread over."""
    answer = account.client("ec2").describe_availability_zones()
    there = {zone["ZoneName"] for zone in answer["AvailabilityZones"]}
    lacking = [zone for zone in config.network.availability_zones if zone not in there]
    if lacking:
        return [
            wrong(
                "zones",
                f"this account has no {', '.join(lacking)}: set network.availability_zones to "
                f"some of {', '.join(sorted(there))}",
            )
        ]
    return [good("zones", ", ".join(config.network.availability_zones))]
