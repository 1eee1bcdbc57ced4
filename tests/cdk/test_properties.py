"""What has to hold for every resource of every template, whatever it is there for."""

import json
import re
from pathlib import Path

from tests.cdk.conftest import CANARY
from tests.cdk.templates import Templates, as_list

_WILDCARDS = {
    "ecr:GetAuthorizationToken": "the token is for the whole registry",
    "ecs:UpdateTaskProtection": "a task's id is not known before it runs",
    "s3:PutObject": "each call's transcript and recording has a name of its own, in two folders",
    "s3:DeleteObject": "the same, for recordings that a caller does not want",
}
"""Actions that nobody can narrow to a resource, and why."""

_TAGGED = (
    "AWS::CertificateManager::Certificate",
    "AWS::DynamoDB::Table",
    "AWS::EC2::NatGateway",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::WAFv2::WebACL",
)

_STATEFUL = (
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::Logs::LogGroup",
)


def test_no_role_has_a_wildcard_without_a_written_reason(templates: Templates) -> None:
    for policy, statement in templates.statements():
        actions = as_list(statement["Action"])
        assert not [action for action in actions if "*" in action], policy
        if "*" in json.dumps(statement["Resource"]):
            assert all(action in _WILDCARDS for action in actions), (policy, statement)


def test_no_role_may_be_assumed_by_another_account_or_service(templates: Templates) -> None:
    for id, role in templates.all("AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            service = statement["Principal"]["Service"]
            assert service in ("ecs-tasks.amazonaws.com", "lambda.amazonaws.com"), id
            if service == "ecs-tasks.amazonaws.com":
                assert statement["Condition"]["StringEquals"] == {
                    "aws:SourceAccount": "123456789012"
                }
        assert "ManagedPolicyArns" not in role["Properties"], id


def test_every_log_group_forgets(templates: Templates) -> None:
    groups = templates.all("AWS::Logs::LogGroup")
    days = {group["Properties"].get("RetentionInDays") for group in groups.values()}
    assert days == {7 if templates.name == "small" else 90}


def test_everything_that_can_be_tagged_is(templates: Templates) -> None:
    for id, resource in templates.all().items():
        if resource["Type"] in _TAGGED:
            tags = {tag["Key"]: tag["Value"] for tag in resource["Properties"].get("Tags", ())}
            assert tags.get("voice-agents:environment") == templates.name, id


def test_nothing_is_public_but_the_two_load_balancers(templates: Templates) -> None:
    for id, group in templates.all("AWS::EC2::SecurityGroup").items():
        for rule in group["Properties"].get("SecurityGroupIngress", ()):
            everybody = rule.get("CidrIp") == "0.0.0.0/0" or "CidrIpv6" in rule
            assert not everybody or "Balancer" in id, id
            assert rule["FromPort"] == rule["ToPort"] == 443, id
    for id, rule in templates.all("AWS::EC2::SecurityGroupIngress").items():
        assert "SourceSecurityGroupId" in rule["Properties"], id
    schemes = [
        balancer["Properties"]["Scheme"]
        for balancer in templates.all("AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    ]
    assert schemes == ["internet-facing"] * 2
    for id, subnet in templates.all("AWS::EC2::Subnet").items():
        assert not subnet["Properties"].get("MapPublicIpOnLaunch"), id


def test_no_bucket_can_be_opened_or_read_without_tls(templates: Templates) -> None:
    buckets = templates.all("AWS::S3::Bucket")
    policies = templates.all("AWS::S3::BucketPolicy").values()
    enforced = [
        policy["Properties"]["Bucket"]["Ref"]
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement)
    ]
    assert sorted(enforced) == sorted(buckets)
    for bucket in buckets.values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


def test_no_template_asks_for_or_shows_a_secret(templates: Templates) -> None:
    secret = re.compile(r"AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|resolve:(ssm|secretsmanager)")
    for name, template in templates.stacks.items():
        assert not secret.search(json.dumps(template)), name
        assert all(
            parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
            and parameter["Default"].startswith("/cdk-bootstrap/")
            for parameter in template.get("Parameters", {}).values()
        ), name
    for service in ("client", "server", "bot"):
        names = templates.environment(service)
        assert not [n for n in names if re.search("KEY|SECRET|TOKEN|PASSWORD", n)], service


def test_no_secret_of_the_environment_gets_into_what_is_deployed(assembly: Path) -> None:
    files = [file for file in assembly.rglob("*") if file.is_file()]
    assert len(files) > 12
    for file in files:
        assert CANARY.encode() not in file.read_bytes(), file.name


def test_what_is_protected_outlives_its_stack(small: Templates, large: Templates) -> None:
    for templates, policy in ((small, "Delete"), (large, "Retain")):
        for id, resource in templates.all().items():
            if resource["Type"] in _STATEFUL and not id.startswith("Firewall"):
                assert resource["DeletionPolicy"] == policy, id


def test_a_protected_deployment_cannot_be_deleted_by_accident(
    assembly: Path, large: Templates
) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    guarded = {
        name: artifact["properties"].get("terminationProtection", False)
        for name, artifact in manifest.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert len(guarded) == 6
    assert {name for name, on in guarded.items() if on} == {n for n in guarded if "large" in n}
    for table in large.all("AWS::DynamoDB::Table").values():
        assert table["Properties"]["DeletionProtectionEnabled"] is True


def test_no_template_is_near_cloudformations_limits(templates: Templates) -> None:
    for template in templates.stacks.values():
        assert len(json.dumps(template)) < 500_000
        assert len(template["Resources"]) < 250
