"""What judges the templates, and that it does."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from cfnlint.api import lint_file  # type: ignore[import-untyped]

from cdk.validation import add_validation

RULES = (
    "AwsSolutions::AwsSolutions-S1",
    "AwsSolutions::AwsSolutions-S10",
    "AwsSolutions::AwsSolutions-IAM5[Action::s3:*]",
    "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    "CloudFormation-Validate::CONTAINERS_ARE_HARDENED",
    "CloudFormation-Validate::LOG_GROUPS_FORGET",
    "CloudFormation-Validate::LISTENERS_SPEAK_TLS",
    "CloudFormation-Validate::SERVICES_ROLL_BACK",
)

_TASTE = {
    "W3005": "the CDK says twice what depends on what",
    "W3010": "zones are named on purpose, so that synthesis asks no account",
}


def test_no_finding_is_left(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text())
    for plugin in report["pluginReports"]:
        assert (plugin["conclusion"], plugin["violations"]) == ("success", [])


def test_what_is_acknowledged_is_little_and_has_a_reason(assembly: Path) -> None:
    accepted: dict[str, set[str]] = {}
    for file in assembly.glob("*.metadata.json"):
        for entries in json.loads(file.read_text()).values():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for rule, reason in entry["data"].items():
                        accepted.setdefault(rule.split("::", 1)[1], set()).add(reason)
    ours = {rule: why for rule, why in accepted.items() if rule.startswith("AwsSolutions")}
    bucket = "ExportsOutputFnGetAttTranscriptsBucket790D2BE6Arn22AAC232"
    assert set(ours) == {
        "AwsSolutions-EC23",
        "AwsSolutions-ECS2",
        "AwsSolutions-ECS4",
        "AwsSolutions-IAM5[Resource::*]",
        "AwsSolutions-IAM5[Resource::arn:aws:ecs:us-east-1:123456789012:task/<ClusterEB0386A7>/*]",
        *(
            f"AwsSolutions-IAM5[Resource::voice-agents-{name}-data:{bucket}/{folder}/*]"
            for name in ("small", "large")
            for folder in ("transcripts", "recordings")
        ),
    }
    assert all(reason.endswith(".") for reasons in ours.values() for reason in reasons)


def test_a_careless_stack_fails_the_synth(tmp_path: Path, flags: dict[str, Any]) -> None:
    app = App(context=flags, outdir=str(tmp_path))
    stack = Stack(app, "Careless")
    s3.Bucket(stack, "Bucket")
    logs.CfnLogGroup(stack, "Log")
    elb.CfnListener(
        stack, "Listener", port=80, protocol="HTTP", load_balancer_arn="x", default_actions=[]
    )
    ecs.CfnService(stack, "Service", cluster="c", task_definition="t")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    task = ecs.FargateTaskDefinition(stack, "Task")
    task.add_container("root", image=ecs.ContainerImage.from_registry("root"))
    add_validation(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = (tmp_path / "validation-report.json").read_text()
    for rule in RULES:
        assert rule.split("::", 1)[1] in report, rule


@pytest.mark.timeout(300)
def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    files = [*assembly.glob("*-large-*.template.json"), *assembly.glob("*-small-services.*.json")]
    templates = [file for file in files if file.name.endswith(".template.json")]
    assert len(templates) == 4
    found = [
        f"{file.name}: {match.rule.id} {match.message:.200}"
        for file in templates
        for match in lint_file(file)
        if match.rule.id not in _TASTE
        # AWS's samples grant the operation's own name, which AWS's list of actions does not have.
        and not match.message.startswith("'invokemodelwithbidirectionalstream'")
    ]
    assert found == []
