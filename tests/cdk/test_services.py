"""The three services: how they run, and what they are told."""

from pathlib import Path
from typing import Any, get_args

import pytest

from cdk.config import load_environment, parts
from cdk.services import bot, server
from services.bot.settings import BotSettings
from services.common.settings import CommonSettings, _is_secret
from services.server.boundary import REQUEST_SECONDS
from services.server.settings import DailyGeo, ServerSettings, ServerTransport
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


def egress(templates: Templates, service: str) -> set[tuple[str, int, int]]:
    group = templates.one("AWS::EC2::SecurityGroup", f"{service}Group")
    return {(r["IpProtocol"], r["FromPort"], r["ToPort"]) for r in group["SecurityGroupEgress"]}


def test_only_bots_that_join_rooms_reach_more_than_https(
    large: Templates, small: Templates
) -> None:
    https = {("tcp", 443, 443)}
    daily = {("udp", 3478, 3478), ("udp", 40000, 49999), ("udp", 23000, 26999)}
    assert egress(large, "Bot") == https | daily
    assert egress(large, "Server") == egress(large, "Client") == egress(small, "Bot") == https


def test_both_sides_know_how_many_calls_are_let_in(templates: Templates) -> None:
    limit = "1000" if templates.name == "large" else "10"
    for service in ("server", "bot"):
        assert templates.environment(service)["MAX_CALLS"] == limit


def test_the_page_offers_what_the_server_allows(templates: Templates) -> None:
    page, allowed = templates.environment("client"), templates.environment("server")
    for name in ("AGENTS", "TRANSPORTS"):
        assert page[name] == allowed[name] != ""


def test_rooms_outlive_the_longest_call(large: Templates, small: Templates) -> None:
    told = large.environment("server")
    drain = load_environment("large").drain
    resume = CommonSettings.model_fields["resume_seconds"].default
    ticket = ServerSettings.model_fields["ticket_seconds"].default
    least = drain.longest_call_seconds + drain.lease_seconds + resume + ticket
    assert least < int(told["ROOM_SECONDS"]) < 86_400
    assert (told["TRANSPORTS"], told["ROOM_POOL"]) == ("websocket,daily", "2")
    assert small.environment("server")["TRANSPORTS"] == "websocket"
    assert "ROOM_POOL" not in small.environment("server")


def test_the_places_of_dailys_media_servers_are_the_servers() -> None:
    assert set(get_args(parts.DailyGeo)) == set(get_args(DailyGeo))
    assert set(get_args(parts.Transport)) < set(get_args(ServerTransport))


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


def test_bots_follow_the_jobs_that_wait(large: Templates, small: Templates) -> None:
    part = "BotServiceTaskCountTargetJobs"
    policy = large.one("AWS::ApplicationAutoScaling::ScalingPolicy", part)
    steps = policy["StepScalingPolicyConfiguration"]["StepAdjustments"]
    # From one job on; from 29, which one task of 28 places does not take; from 113, as four do not.
    assert [(s["MetricIntervalLowerBound"], s["ScalingAdjustment"]) for s in steps] == [
        (0, 1),
        (28, 4),
        (112, 10),
    ]
    alarm = large.one("AWS::CloudWatch::Alarm", part)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)
    assert not [id for id in small.all("AWS::CloudWatch::Alarm") if id.startswith(part)]


@pytest.mark.parametrize("service", ["server", "bot"])
def test_the_queue_is_named_where_calls_go_through_it(
    large: Templates, small: Templates, service: str
) -> None:
    assert "JobsQueue" in str(large.environment(service)["JOBS_QUEUE_URL"])
    assert "JOBS_QUEUE_URL" not in small.environment(service)


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
        made = "https://sqs.example" if name == "JOBS_QUEUE_URL" else "a-table"
        monkeypatch.setenv(name, value if isinstance(value, str) else made)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("PARAMETER_PREFIX", "")
    monkeypatch.setenv("API_KEY", "a-key-for-this-test")
    monkeypatch.setenv("DAILY_API_KEY", "a-daily-key-for-this-test")
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
