"""The stand-in for an account leaves out nothing that it does not know, and lets nobody do all."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cdk.deploy.cloud import Cloud

pytestmark = pytest.mark.xdist_group("deploy")


def create(cloud: Cloud, name: str, **resource: Any) -> str:  # noqa: ANN401 - a template's values
    """Creates a stack with one resource, and tells why it was refused."""
    body = json.dumps({"Resources": {"It": resource}})
    with pytest.raises(ClientError) as refused:
        cloud.client("cloudformation").create_stack(StackName=name, TemplateBody=body)
    return str(refused.value.response["Error"]["Message"])


def test_a_type_that_it_does_not_know_is_refused(cloud: Cloud) -> None:
    said = create(cloud, "unknown-type", Type="AWS::Bedrock::Agent", Properties={})
    assert "moto does not know AWS::Bedrock::Agent: teach it" in said


def test_a_property_that_the_api_does_not_have_is_refused(cloud: Cloud) -> None:
    filter = {"LogGroupName": "bot", "FilterPattern": "", "MetricTransformation": []}
    said = create(cloud, "unknown-property", Type="AWS::Logs::MetricFilter", Properties=filter)
    assert "logs:PutMetricFilter has no MetricTransformation" in said


def test_a_value_that_the_api_does_not_take_is_refused(cloud: Cloud) -> None:
    table = {"KeySchema": [], "AttributeDefinitions": [], "BillingMode": "PAY_PER_REQUEST"}
    said = create(cloud, "wrong-value", Type="AWS::DynamoDB::Table", Properties=table)
    assert "Invalid length for parameter KeySchema" in said
