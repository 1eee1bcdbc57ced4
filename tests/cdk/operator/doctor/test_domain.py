"""Names that the world finds, or does not."""

import socket

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor import domain
from cdk.operator.doctor.finding import Level
from tests.cdk.operator.doctor.conftest import Elsewhere
from tests.cdk.operator.doctor.world import at, only, zone_of


def test_a_hosted_zone_that_does_not_exist(config: Environment, account: Account) -> None:
    said = only(domain.check_zone(config, account, ""), Level.WRONG)
    assert "there is no Z0123456789EXAMPLE in this account" in said


def test_a_hosted_zone_of_another_domain(aws: str, config: Environment, account: Account) -> None:
    config = zone_of(config, aws, "example.org")
    said = only(domain.check_zone(config, account, ""), Level.WRONG)
    assert "is of example.org, not of example.com" in said


def test_a_private_hosted_zone(aws: str, config: Environment, account: Account) -> None:
    vpc = at(aws, "ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    inside = {"VPCRegion": "us-east-1", "VPCId": vpc["VpcId"]}
    config = zone_of(config, aws, "example.com", VPC=inside, HostedZoneConfig={"PrivateZone": True})
    assert "is a private one" in only(domain.check_zone(config, account, ""), Level.WRONG)


def test_a_domain_that_nobody_delegated(
    aws: str, elsewhere: Elsewhere, config: Environment, account: Account
) -> None:
    config = zone_of(config, aws, "example.com")
    elsewhere.answers["/resolve example.com NS"] = (200, {"Status": 3})
    said = only(domain.check_zone(config, account, f"{elsewhere.url}/resolve"), Level.WRONG)
    assert said.startswith("example.com leads nowhere: enter ns-")


def test_a_domain_that_is_delegated_elsewhere(
    aws: str, elsewhere: Elsewhere, config: Environment, account: Account
) -> None:
    config = zone_of(config, aws, "example.com")
    elsewhere.dns("example.com", "NS", "ns1.registrar.net.", "ns2.registrar.net.")
    said = only(domain.check_zone(config, account, f"{elsewhere.url}/resolve"), Level.WRONG)
    assert said.startswith("example.com goes to ns1.registrar.net, ns2.registrar.net: enter ns-")


def test_a_resolver_that_cannot_be_reached_is_no_verdict(
    aws: str, config: Environment, account: Account
) -> None:
    config = zone_of(config, aws, "example.com")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/resolve"
        said = only(domain.check_zone(config, account, url), Level.UNKNOWN)
    assert "or name another with --resolver" in said
