"""Each check of the account, its model, secrets, quotas and images."""

import json
from typing import Any

import pytest

from cdk.config import Environment, load_environment
from cdk.config.parts import Images
from cdk.operator.account import Account
from cdk.operator.doctor import images, model, quotas, region, stored
from cdk.operator.doctor.finding import Level
from tests.cdk.operator.doctor.conftest import Elsewhere
from tests.cdk.operator.doctor.world import AVAILABLE, at, only, push, quota

DAILY_KEY = "daily-key-that-nobody-may-see"


def test_a_region_without_bootstrap_is_told_the_command(
    aws: str, config: Environment, account: Account
) -> None:
    said = only(region.check_bootstrap(config, account), Level.WRONG)
    assert said.endswith(
        "us-east-1 is not prepared for the CDK: run `make cdk ENV=example RUN=bootstrap`"
    )
    ssm = at(aws, "ssm")
    ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="5", Type="String")
    assert "too old" in only(region.check_bootstrap(config, account), Level.WRONG)


def test_a_zone_that_the_account_does_not_have_is_named(
    config: Environment, account: Account
) -> None:
    network = config.network.model_copy(update={"availability_zones": ("us-east-1a", "us-east-1z")})
    said = only(
        region.check_zones(config.model_copy(update={"network": network}), account), Level.WRONG
    )
    assert said.startswith("this account has no us-east-1z: set network.availability_zones")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "amazon.nova-2-5-sonic in us-east-1"),
        ({"regionAvailability": "NOT_AVAILABLE"}, "choose another nova.region"),
        ({"authorizationStatus": "NOT_AUTHORIZED"}, "service control policy"),
        ({"entitlementAvailability": "NOT_AVAILABLE"}, "has no access"),
        ({"agreementAvailability": {"status": "PENDING"}}, "has no access"),
    ],
)
def test_access_to_the_model(
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
    change: dict[str, Any],
    expected: str,
) -> None:
    path = "/foundation-model-availability/amazon.nova-2-5-sonic"
    elsewhere.answers[path] = (200, AVAILABLE | change)
    level = Level.WRONG if change else Level.GOOD
    assert expected in only(model.check_model(config, account), level)


def test_missing_secrets_are_named(config: Environment, account: Account) -> None:
    said = only(stored.check_secrets(config, account), Level.WRONG)
    assert said.startswith("/voice-agents/example/API_KEY is missing")
    assert said.endswith("make secrets ENV=example")


@pytest.mark.parametrize(
    ("status", "level", "expected"),
    [
        (200, Level.GOOD, "is of our-team"),
        (401, Level.WRONG, "Daily refuses /voice-agents/example/DAILY_API_KEY"),
        (500, Level.UNKNOWN, "did not answer (HTTP status 500)"),
    ],
)
def test_dailys_key_is_tried_where_there_is_one(
    aws: str,
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
    status: int,
    level: Level,
    expected: str,
) -> None:
    assert "none is needed" in only(stored.check_daily_key(config, account), Level.GOOD)
    server = config.server.model_copy(update={"transports": ("websocket", "daily")})
    config = config.model_copy(update={"server": server})
    missing = only(stored.check_daily_key(config, account), Level.WRONG)
    assert missing.endswith("make secrets ENV=example")
    at(aws, "ssm").put_parameter(
        Name="/voice-agents/example/DAILY_API_KEY", Value=DAILY_KEY, Type="SecureString"
    )
    elsewhere.answers["/daily/"] = (status, {"domain_name": "our-team"})
    said = only(stored.check_daily_key(config, account), level)
    assert expected in said
    assert DAILY_KEY not in said
    assert elsewhere.asked["/daily/"]["Authorization"].endswith(DAILY_KEY)


@pytest.mark.parametrize(
    ("allowed", "level"), [(4, Level.WRONG), (6, Level.NOTE), (11, Level.GOOD)]
)
def test_fargates_vcpus_at_the_most_tasks(
    elsewhere: Elsewhere, config: Environment, account: Account, allowed: float, level: Level
) -> None:
    quota(elsewhere, allowed)
    assert "5.5" in only(quotas.check_vcpus(config, account), level)


def test_elastic_ips_for_the_nat_gateways(
    aws: str, elsewhere: Elsewhere, config: Environment, account: Account
) -> None:
    ec2 = at(aws, "ec2")
    first = ec2.allocate_address(Domain="vpc")
    ec2.allocate_address(Domain="vpc")
    quota(elsewhere, 2)
    said = only(quotas.check_addresses(config, account), Level.WRONG)
    assert said.startswith("2 of 2 are taken and 1 more are needed")
    tags = [{"Key": "voice-agents:environment", "Value": "example"}]
    ec2.create_tags(Resources=[first["AllocationId"]], Tags=tags)
    assert only(quotas.check_addresses(config, account), Level.GOOD).startswith("0 more needed")


@pytest.mark.parametrize(
    ("name", "allowed", "level"),
    [
        ("On-demand InvokeModel concurrent requests for Amazon Nova 2.5 Sonic", 19, Level.WRONG),
        ("On-demand InvokeModel concurrent requests for Amazon Nova 2.5 Sonic", 20, Level.GOOD),
        ("On-demand InvokeModel concurrent requests for Amazon Nova Sonic", 999, Level.NOTE),
    ],
)
def test_as_many_streams_as_calls_are_let_in(
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
    name: str,
    allowed: float,
    level: Level,
) -> None:
    quota(elsewhere, allowed, name)
    assert "20 calls" in only(quotas.check_streams(config, account), level)


def test_images_that_are_missing_or_for_another_processor(
    aws: str, config: Environment, account: Account
) -> None:
    push(aws, "server", ["amd64"])
    push(aws, "bot", ["amd64", "arm64"])
    client, server, bot = images.check_images(config, account)
    assert "there is no repository voice-agents/client" in client.sentence
    assert "voice-agents/server:0.1.0 is for amd64: build it with `--platform linux/arm64`" in (
        server.sentence
    )
    assert bot.level is Level.GOOD


def test_lambda_takes_no_index_of_images(aws: str, account: Account) -> None:
    push(aws, "server", ["arm64"])
    config = load_environment("small")
    _, server, _ = images.check_images(config, account)
    assert "`--provenance=false`" in server.sentence


def test_a_single_images_processor_is_read_from_its_configuration(
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", elsewhere.url)
    manifest = json.dumps({"config": {"digest": "sha256:1"}})
    elsewhere.answers["BatchGetImage"] = (200, {"images": [{"imageManifest": manifest}]})
    elsewhere.answers["GetDownloadUrlForLayer"] = (200, {"downloadUrl": f"{elsewhere.url}/blob"})
    elsewhere.answers["/blob"] = (200, {"architecture": "amd64"})
    found = images.check_images(config, Account(config))
    assert {finding.level for finding in found} == {Level.WRONG}
    elsewhere.answers["/blob"] = (200, {"architecture": "arm64"})
    found = images.check_images(config, Account(config))
    assert {finding.level for finding in found} == {Level.GOOD}


def test_images_that_this_machine_is_to_build(
    config: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert images.check_build(config) == []
    build = config.model_copy(update={"images": Images(architecture="arm64")})
    monkeypatch.setattr(images.shutil, "which", lambda name: None)
    assert "there is no docker" in only(images.check_build(build), Level.WRONG)
    monkeypatch.setattr(images.shutil, "which", lambda name: "/usr/bin/docker")
    assert only(images.check_build(build), Level.GOOD) == "are built here, for arm64"
