"""Deploying again, and tearing down; last, because the others need what is torn down."""

import pytest

from tests.cdk.deploy.cloud import Cloud
from tests.cdk.deploy.place import Place

pytestmark = pytest.mark.xdist_group("deploy")

_DESTROY = "destroy 'voice-agents-{name}-*' --force"

_GOES_LATER = ("kms:key", "ecs:service", "ecs:task-definition", "ec2:natgateway")
"""What is marked as deleted, and still shown for a while. The secrets, no stack made."""


def tagged(cloud: Cloud, name: str) -> set[str]:
    """Kinds of resources that have an environment's tag."""
    pages = cloud.client("resourcegroupstaggingapi").get_paginator("get_resources")
    wanted = [{"Key": "voice-agents:environment", "Values": [name]}]
    found = set()
    for page in pages.paginate(TagFilters=wanted):
        for resource in page["ResourceTagMappingList"]:
            _, _, service, _, _, rest = resource["ResourceARN"].split(":", 5)
            kind, separator, _ = rest.replace(":", "/").partition("/")
            found.add(f"{service}:{kind}" if separator else service)
    return found


def test_deploying_again_changes_nothing(deployed: dict[str, Place], cloud: Cloud) -> None:
    status, said = cloud.deploy()
    assert status == 0, said
    for place in deployed.values():
        for stack in place.stacks():
            assert f"{stack} (no changes)" in said


def test_what_is_protected_refuses_to_go(large: Place, cloud: Cloud) -> None:
    status, said = cloud.cdk(_DESTROY.format(name="large"))
    assert status != 0
    assert "TerminationProtection is enabled" in said
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    there = {stack["StackName"]: stack["EnableTerminationProtection"] for stack in stacks}
    assert [there.get(stack) for stack in large.stacks()] == [True] * 3


def test_what_is_not_protected_goes_and_leaves_nothing(small: Place, cloud: Cloud) -> None:
    before = tagged(cloud, "small")
    assert {"dynamodb:table", "elasticloadbalancing:loadbalancer", "logs:log-group"} <= before
    status, said = cloud.cdk(_DESTROY.format(name="small"))
    assert status == 0, said
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert not {stack["StackName"] for stack in stacks} & set(small.stacks())
    assert tagged(cloud, "small") <= {*_GOES_LATER, "ssm:parameter"}
    assert tagged(cloud, "large") >= before - {"lambda:function"}
