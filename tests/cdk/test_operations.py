"""What tells people how it goes."""

import json
import re
from pathlib import Path

import pytest

from cdk.operations import metrics
from services.bot.call.ending import Ending
from tests.cdk.templates import Templates

BOT = Path(__file__).parents[2] / "services" / "bot"


@pytest.mark.parametrize(
    "alarm",
    [
        "callers-turned-away",
        "calls-failed",
        "bot-overloaded",
        "dead-letters",
        "protection-failing",
        "api-unreachable",
        "client-unreachable",
        "bot-unhealthy",
        "bot-down",
        "client-unhealthy",
        "client-down",
        "server-errors",
    ],
)
def test_somebody_is_called_for_what_matters(templates: Templates, alarm: str) -> None:
    found = [
        a["Properties"]
        for a in templates.all("AWS::CloudWatch::Alarm").values()
        if a["Properties"].get("AlarmName") == f"voice-agents-{templates.name}-{alarm}"
    ]
    assert len(found) == 1
    assert found[0]["AlarmActions"] == found[0]["OKActions"]
    assert found[0]["AlarmDescription"].endswith(".")


def test_somebody_is_called_for_jobs_that_wait_where_there_are_any(
    small: Templates, large: Templates
) -> None:
    for templates, times in ((small, 0), (large, 1)):
        names = [
            a["Properties"].get("AlarmName", "")
            for a in templates.all("AWS::CloudWatch::Alarm").values()
        ]
        assert names.count(f"voice-agents-{templates.name}-jobs-waiting") == times


def test_the_topic_is_encrypted_and_lets_alarms_publish(templates: Templates) -> None:
    assert "KmsMasterKeyId" in templates.one("AWS::SNS::Topic")
    policy = templates.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = [s for s in policy if s["Effect"] == "Allow"]
    assert [s["Principal"] for s in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    key = templates.one("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert "cloudwatch.amazonaws.com" in json.dumps(key)


def test_mail_goes_to_whom_it_is_configured_for(small: Templates, large: Templates) -> None:
    assert not small.all("AWS::SNS::Subscription")
    assert large.one("AWS::SNS::Subscription")["Endpoint"] == "oncall@example.com"


@pytest.mark.parametrize(
    "text",
    [
        metrics.STARTED,
        metrics.ENDED,
        metrics.DIED,
        metrics.PROTECTION_FAILED,
        metrics.OVERLOADED,
        metrics.LATE,
        metrics.SLOTS,
    ],
)
def test_the_log_lines_that_become_metrics_are_written(text: str) -> None:
    said = re.compile(rf'\.(info|error|warning)\("{text}"')
    assert any(said.search(file.read_text()) for file in BOT.rglob("*.py"))


def test_a_failed_call_has_the_reason_that_is_counted() -> None:
    assert Ending.FAILED.reason == metrics.FAILED


def test_the_dashboard_shows_every_alarm(templates: Templates) -> None:
    body = json.dumps(templates.one("AWS::CloudWatch::Dashboard")["DashboardBody"])
    for id, alarm in templates.all("AWS::CloudWatch::Alarm").items():
        for_people = "OKActions" in alarm["Properties"]
        assert (id in body) is for_people


def test_a_deployment_ends_by_telling_the_addresses(large: Templates) -> None:
    outputs = {
        name: output["Value"] for name, output in large.stacks["services"]["Outputs"].items()
    }
    assert outputs["PageUrl"] == "https://voice.example.com"
    assert outputs["ApiUrl"] == "https://voice-api.example.com"
    assert outputs["SecretsPrefix"] == "/voice-agents/large"
    assert outputs["DashboardUrl"].startswith("https://us-east-1.console.aws.amazon.com/")
