"""What `make bench BENCH=fleet` simulates is what the templates set up."""

import pytest

from cdk.config import load_environment, parts
from cdk.operator.cost.assumptions import Call
from cdk.operator.cost.call import call_lines
from cdk.operator.cost.idle import idle_lines
from services.bot.processes.balance import wanted
from services.bot.processes.protection import Pace
from services.bot.processes.supervisor import REPORT_SECONDS
from services.common.budget import RETRY_SECONDS
from tests.bench.fleet import sizes
from tests.bench.fleet.assumptions import Amazon
from tests.bench.fleet.entrance import TOLD_SECONDS
from tests.bench.fleet.plan import Plan, Tracking
from tests.cdk.templates import Templates

_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


@pytest.fixture
def plan(large: Templates) -> Plan:
    return sizes.plan(load_environment(large.name), way="queue")


def test_tasks_follow_places_and_cpu_as_in_the_simulation(large: Templates, plan: Plan) -> None:
    for name, simulated in (("Places", plan.places), ("Cpu", plan.processor)):
        properties = large.one(_POLICY, f"BotServiceTaskCountTarget{name}")
        policy = properties["TargetTrackingScalingPolicyConfiguration"]
        assert simulated == Tracking(
            target=policy["TargetValue"],
            out_seconds=policy["ScaleOutCooldown"],
            in_seconds=policy["ScaleInCooldown"],
        )


def test_tasks_follow_waiting_jobs_as_in_the_simulation(large: Templates, plan: Plan) -> None:
    policies = [
        found["Properties"]["StepScalingPolicyConfiguration"]
        for id, found in large.all(_POLICY).items()
        if id.startswith("BotServiceTaskCountTargetJobs")
    ]
    (policy,) = policies
    # Lower bounds are counted from the alarm's threshold.
    steps = [
        (1 + int(step["MetricIntervalLowerBound"]), step["ScalingAdjustment"])
        for step in policy["StepAdjustments"]
    ]
    assert plan.jobs is not None
    assert list(plan.jobs.steps) == steps
    assert plan.jobs.out_seconds == policy["Cooldown"]


def test_scaling_in_waits_until_the_last_time_shows(large: Templates, plan: Plan) -> None:
    hidden = plan.protection.stretch_seconds + plan.protection.rest_seconds
    shown = Amazon().metric_seconds + 60
    assert plan.places.in_seconds > hidden + shown
    assert plan.processor.in_seconds > hidden + shown


def test_the_bot_behaves_as_in_the_simulation(plan: Plan) -> None:
    assert sizes.CALL_CPU_UNITS == parts._SESSION_CPU_UNITS
    assert Amazon().report_seconds == REPORT_SECONDS
    assert plan.protection.rest_seconds == Pace(renewal=1, stretch=1).rest
    assert TOLD_SECONDS == RETRY_SECONDS
    assert wanted(plan.kept_back, plan.spare, pulls=True).queue == 0
    assert wanted(plan.kept_back + 1, plan.spare, pulls=True).queue == 1


def test_the_bill_is_that_of_the_estimate(large: Templates) -> None:
    config = load_environment(large.name)
    items = [line.item for line in (*idle_lines(config), *call_lines(config, Call()))]
    for name in (sizes.TASKS_LINE, sizes.SHARE_LINE, sizes.MODEL_LINE):
        assert items.count(name) == 1
