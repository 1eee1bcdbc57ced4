"""The three services: how they run, and what they are told."""

from pathlib import Path
from typing import Any

import pytest

from cdk.services import bot, server
from services.bot.settings import BotSettings
from services.common.settings import CommonSettings, _is_secret
from services.server.boundary import REQUEST_SECONDS
from services.server.settings import ServerSettings
from tests.cdk.templates import Templates

ROOT = Path(__file__).parents[2]

_SETTINGS: dict[str, type[CommonSettings]] = {"server": ServerSettings, "bot": BotSettings}


def container(templates: Templates, service: str) -> dict[str, Any]:
    found: dict[str, Any] = templates.one("AWS::ECS::TaskDefinition", service.capitalize())[
        "ContainerDefinitions"
    ][0]
    return found


@pytest.mark.parametrize("service", ["client", "server", "bot"])
def test_a_container_is_hardened(large: Templates, service: str) -> None:
    found = container(large, service)
    assert found["ReadonlyRootFilesystem"] is True
    assert found["User"] == "10001:10001"
    assert found["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    assert found["MountPoints"] == [
        {"ContainerPath": "/tmp", "ReadOnly": False, "SourceVolume": "tmp"}  # noqa: S108
    ]
    assert "Secrets" not in found
    assert not found.get("Privileged")
    assert found["HealthCheck"]["Command"][0] == "CMD"


@pytest.mark.parametrize("service", ["client", "server", "bot"])
def test_a_service_is_private_spread_and_rolls_back(large: Templates, service: str) -> None:
    found = large.one("AWS::ECS::Service", service.capitalize())
    network = found["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert len(network["Subnets"]) == 3
    assert all("Private" in subnet["Fn::ImportValue"] for subnet in network["Subnets"])
    deployment = found["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert deployment["Alarms"]["Enable"] and deployment["Alarms"]["Rollback"]
    assert deployment["Alarms"]["AlarmNames"]
    assert deployment["MinimumHealthyPercent"] == 100
    assert found["AvailabilityZoneRebalancing"] == ("DISABLED" if service == "bot" else "ENABLED")
    assert "EnableExecuteCommand" not in found


@pytest.mark.parametrize(
    ("service", "bounds"), [("client", (3, 6)), ("server", (3, 12)), ("bot", (6, 60))]
)
def test_the_number_of_tasks_is_bounded(
    large: Templates, service: str, bounds: tuple[int, int]
) -> None:
    found = large.one("AWS::ApplicationAutoScaling::ScalableTarget", service.capitalize())
    assert (found["MinCapacity"], found["MaxCapacity"]) == bounds


def test_images_are_for_graviton_and_of_one_version(large: Templates) -> None:
    for task in large.all("AWS::ECS::TaskDefinition").values():
        properties = task["Properties"]
        assert properties["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
        image = properties["ContainerDefinitions"][0]["Image"]["Fn::Join"][1][-1]
        assert image.endswith(":0.1.0")


@pytest.mark.parametrize(
    ("service", "port", "health_port"),
    [("client", 8080, 8080), ("server", 8001, 8001), ("bot", 8002, 8003)],
)
def test_a_target_group_asks_health_where_the_service_answers_it(
    large: Templates, service: str, port: int, health_port: int
) -> None:
    group = large.one("AWS::ElasticLoadBalancingV2::TargetGroup", service.capitalize())
    assert (group["Port"], group["HealthCheckPort"]) == (port, str(health_port))
    assert group["HealthCheckPath"] == "/health"


def test_only_a_load_balancer_reaches_a_service_and_only_where_it_serves(large: Templates) -> None:
    rules = {
        (
            rule["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0].split("Group")[0],
            rule["Properties"]["GroupId"]["Fn::GetAtt"][0].split("Group")[0],
            rule["Properties"]["FromPort"],
            rule["Properties"]["ToPort"],
        )
        for rule in large.all("AWS::EC2::SecurityGroupIngress").values()
    }
    assert rules == {
        ("PageBalancer", "Client", 8080, 8080),
        ("ApiBalancer", "Server", 8001, 8001),
        ("ApiBalancer", "Bot", 8002, 8002),
        ("ApiBalancer", "Bot", 8003, 8003),
    }


def test_a_bots_task_is_let_go_in_the_order_that_saves_calls(large: Templates) -> None:
    found = container(large, "bot")
    group = large.one("AWS::ElasticLoadBalancingV2::TargetGroup", "Bot")
    attributes = {a["Key"]: a["Value"] for a in group["TargetGroupAttributes"]}
    assert int(attributes["deregistration_delay.timeout_seconds"]) == 1920
    assert attributes["load_balancing.algorithm.type"] == "least_outstanding_requests"
    assert found["StopTimeout"] == 120
    told = large.environment("bot")
    assert (told["DRAIN_SECONDS"], told["PROTECTION_MINUTES"]) == ("110", "10")


def test_bots_follow_the_places_taken(large: Templates) -> None:
    policy = large.one(
        "AWS::ApplicationAutoScaling::ScalingPolicy", "BotServiceTaskCountTargetPlaces"
    )
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 60
    assert tracking["CustomizedMetricSpecification"]["MetricName"] == "PlacesTakenPercent"
    metric = large.one("AWS::Logs::MetricFilter", "CallMetricsPlaces")
    assert metric["MetricTransformations"][0]["MetricValue"] == "$.taken_percent"


@pytest.mark.parametrize("service", ["server", "bot"])
def test_a_service_is_told_only_what_it_reads(templates: Templates, service: str) -> None:
    known = {name.upper() for name in _SETTINGS[service].model_fields}
    assert set(templates.environment(service)) <= known


@pytest.mark.parametrize("service", ["server", "bot"])
def test_a_service_starts_with_what_it_is_told(
    templates: Templates, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls = _SETTINGS[service]
    for name in cls.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in templates.environment(service).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "a-table")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("PARAMETER_PREFIX", "")
    monkeypatch.setenv("API_KEY", "a-key-for-this-test")
    settings = cls()
    assert settings.sessions_table == "a-table"
    assert settings.log_format == "json"


@pytest.mark.parametrize(("service", "names"), [("server", server.SECRETS), ("bot", bot.SECRETS)])
def test_a_service_may_read_every_secret_that_its_settings_ask_for(
    service: str, names: tuple[str, ...]
) -> None:
    fields = _SETTINGS[service].model_fields
    assert {name.upper() for name, field in fields.items() if _is_secret(field)} == set(names)


def test_the_server_can_be_a_function_behind_the_same_load_balancer(small: Templates) -> None:
    function = small.one("AWS::Lambda::Function")
    assert function["ImageConfig"]["EntryPoint"] == ["python", "-m", "awslambdaric"]
    assert function["Architectures"] == ["arm64"]
    (handler,) = function["ImageConfig"]["Command"]
    module, _, name = handler.rpartition(".")
    assert module == "services.server.function"
    assert f"\n{name} = " in (ROOT / f"{module.replace('.', '/')}.py").read_text()
    assert REQUEST_SECONDS < function["Timeout"] < 60
    assert "VpcConfig" not in function
    group = small.one("AWS::ElasticLoadBalancingV2::TargetGroup", "Server")
    assert group["TargetType"] == "lambda"
    assert {"Key": "lambda.multi_value_headers.enabled", "Value": "true"} in group[
        "TargetGroupAttributes"
    ]
    permission = small.one("AWS::Lambda::Permission")
    assert permission["SourceArn"].startswith(
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
    )
    assert not [id for id in small.all("AWS::ECS::Service") if id.startswith("Server")]
