"""What `make cost` adds up, and that it counts what the templates have."""

import dataclasses

import pytest

from cdk.config import Environment, load_environment
from cdk.operator.cost import idle, prices
from cdk.operator.cost.__main__ import main, report
from cdk.operator.cost.assumptions import Call
from cdk.operator.cost.call import call_lines
from cdk.operator.cost.idle import idle_lines
from cdk.operator.cost.line import Line, total
from tests.cdk.templates import Templates


def by_item(lines: list[Line]) -> dict[str, float]:
    return {line.item: line.usd for line in lines}


@pytest.fixture
def config() -> Environment:
    return load_environment("small")


def test_the_smallest_deployments_month_by_hand(config: Environment) -> None:
    month = by_item(idle_lines(config))
    assert month["Fargate, client"] == pytest.approx(730 * (0.25 * 0.03238 + 0.5 * 0.00356))
    assert month["Fargate, bot"] == pytest.approx(730 * (0.5 * 0.03238 + 1 * 0.00356))
    assert month["Fargate, server"] == 0
    assert month["load balancers"] == pytest.approx(2 * 730 * 0.0225)
    assert month["NAT gateways"] == pytest.approx(730 * 0.045)
    assert month["public addresses"] == pytest.approx(730 * 0.005 * (2 * 2 + 1))
    assert month["firewall"] == pytest.approx(5 + 4 * 1)
    assert month["alarms and metrics"] == pytest.approx((13 + 6) * 0.10 + 7 * 0.30)
    assert total(idle_lines(config)) == pytest.approx(sum(month.values()))


def test_a_minute_of_speech_by_hand(config: Environment) -> None:
    bill = by_item(call_lines(config, Call(minutes=1, spoken_share=0.5, prompt_tokens=1000)))
    heard, spoken, text = 1500 * 3e-6, 750 * 12e-6, 1000 * 0.33e-6 + 240 * 2.75e-6
    assert bill["Nova Sonic"] == pytest.approx(heard + spoken + text)
    task = 0.5 * 0.03238 + 1 * 0.00356
    assert bill["bot, its share of a task"] == pytest.approx(task / 60 / (5 * 0.60))
    assert bill["network to the model"] == pytest.approx(0.36 / 60 * 0.045)
    out, passed = 30 * 48_000 / 1e9, (30 * 48_000 + 60 * 32_000) / 1e9
    assert bill["load balancer and Internet"] == pytest.approx(out * 0.09 + passed * 0.008)


def test_a_call_on_daily_by_hand(config: Environment) -> None:
    here = by_item(call_lines(config, Call(minutes=1)))
    there = by_item(call_lines(config, Call(minutes=1, on_daily=True)))
    assert here["Daily, NAT gateway, queue"] == there["load balancer and Internet"] == 0
    renewed = 60 / 15 * 3
    carried = 0.1 / 60 * (0.045 + 0.09)
    assert there["Daily, NAT gateway, queue"] == pytest.approx(
        2 * 0.004 + carried + (3 + renewed) * 0.40e-6
    )


def test_processes_that_wait_for_jobs_ask_the_queue(config: Environment) -> None:
    assert by_item(idle_lines(config))["jobs queue"] == 0
    asked = 6 * 6 * 1200 * 730
    large = by_item(idle_lines(load_environment("large")))
    assert large["jobs queue"] == pytest.approx(asked * 0.40e-6)


def test_every_price_says_where_it_was_read() -> None:
    assert all(price.seen and price.source for price in prices.all_prices())


def test_a_call_twice_as_long_costs_about_twice_as_much(config: Environment) -> None:
    short, long = (total(call_lines(config, Call(minutes=m))) for m in (3, 6))
    assert 1.9 < long / short < 2


def test_a_long_calls_connections_each_read_the_instructions(config: Environment) -> None:
    call = Call(minutes=20)
    more = dataclasses.replace(call, prompt_tokens=call.prompt_tokens + 1000)
    added = total(call_lines(config, more)) - total(call_lines(config, call))
    assert added == pytest.approx(3 * 1000 * prices.TEXT_IN.usd)


def test_an_endpoint_moves_the_models_traffic_off_the_nat_gateway() -> None:
    call = Call()
    with_endpoint = by_item(call_lines(load_environment("large"), call))["network to the model"]
    without = by_item(call_lines(load_environment("small"), call))["network to the model"]
    assert with_endpoint * 4.5 == pytest.approx(without)


def test_another_processor_and_another_region_of_the_model_cost_more(config: Environment) -> None:
    images = config.images.model_copy(update={"architecture": "x86_64"})
    intel = config.model_copy(update={"images": images})
    assert total(idle_lines(intel)) > total(idle_lines(config))
    nova = config.nova.model_copy(update={"region": "us-west-2"})
    far = config.model_copy(update={"nova": nova})
    assert total(call_lines(far, Call())) > total(call_lines(config, Call()))


def test_it_counts_what_the_templates_have(templates: Templates) -> None:
    config = load_environment(templates.name)
    acl = templates.one("AWS::WAFv2::WebACL")
    minimum = sum(
        target["Properties"]["MinCapacity"]
        for target in templates.all("AWS::ApplicationAutoScaling::ScalableTarget").values()
    )
    endpoints = [
        endpoint
        for endpoint in templates.all("AWS::EC2::VPCEndpoint").values()
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    ]
    balancers = templates.all("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    assert len(balancers) == idle.LOAD_BALANCERS
    for balancer in balancers:
        subnets = balancer["Properties"]["Subnets"]
        assert len(subnets) == len(config.network.availability_zones)
    assert len(templates.all("AWS::EC2::NatGateway")) == config.network.nat_gateways
    assert len(templates.all("AWS::EC2::EIP")) == config.network.nat_gateways
    assert len(endpoints) == idle.endpoints(config)
    assert len(acl["Rules"]) == idle.FIREWALL_RULES
    assert len(templates.all("AWS::KMS::Key")) == idle.KEYS
    alarms = idle.alarms(config) + idle.stepping_policies(config)
    assert len(templates.all("AWS::CloudWatch::Alarm")) == alarms
    assert len(templates.all("AWS::CloudWatch::Dashboard")) == 1
    assert len(templates.all("AWS::Logs::MetricFilter")) == idle.CUSTOM_METRICS
    policies = templates.all("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert len(policies) == idle.tracking_policies(config) + idle.stepping_policies(config)
    assert minimum == sum(size.min_tasks for size in idle.fargate_sizes(config).values())


def test_environments_stand_side_by_side(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "example", "--calls", "500"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert said[0].split() == ["US", "dollars", "example", "small", "large"]
    assert [line for line in said if line.startswith("A month with 500 calls")]
    assert len([line for line in said if "/pricing " in line]) > 15


def test_calls_on_daily_are_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "large", "--daily"]) == 0
    lines = capfd.readouterr().out.splitlines()
    (balancer,) = [line for line in lines if line.startswith("  load balancer and Internet")]
    assert balancer.split()[-2:] == ["-", "-"]
    assert [line for line in lines if line.startswith("  bot and Daily exchange")]


def test_an_environment_is_listed_once(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "large"]) == 0
    assert capfd.readouterr().out.splitlines()[0].split() == ["US", "dollars", "large", "small"]


def test_a_month_is_what_it_costs_idle_and_its_calls(config: Environment) -> None:
    call = Call()
    expected = total(idle_lines(config)) + 1000 * total(call_lines(config, call))
    lines = report([config], call=call, calls=1000)
    (month,) = [line for line in lines if line.startswith("A month with 1,000 calls")]
    assert month.split()[-1] == f"{expected:,.2f}"


def test_another_regions_prices_are_not_pretended_to_be_known(config: Environment) -> None:
    there = config.model_copy(update={"region": "eu-north-1"})
    last = report([there], call=Call(), calls=1)[-1]
    assert last == "The prices are us-east-1's: eu-north-1 may be dearer."


def test_a_wrong_file_is_no_bill(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "nowhere"]) == 2
    assert "There is no cdk/environments/nowhere.toml" in capfd.readouterr().err
