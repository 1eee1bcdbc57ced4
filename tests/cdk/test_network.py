"""The VPC."""

from tests.cdk.templates import Templates


def test_every_zone_has_a_public_and_a_private_subnet(small: Templates, large: Templates) -> None:
    for templates, zones in ((small, 2), (large, 3)):
        subnets = [s["Properties"] for s in templates.all("AWS::EC2::Subnet").values()]
        assert len(subnets) == 2 * zones
        assert len({s["AvailabilityZone"] for s in subnets}) == zones
        assert len({s["CidrBlock"] for s in subnets}) == 2 * zones


def test_there_are_as_many_nat_gateways_as_configured(small: Templates, large: Templates) -> None:
    assert len(small.all("AWS::EC2::NatGateway")) == 1
    assert len(large.all("AWS::EC2::NatGateway")) == 3


def test_s3_and_dynamodb_have_free_gateways_and_the_rest_what_is_configured(
    small: Templates, large: Templates
) -> None:
    for templates, interfaces in ((small, 0), (large, 6)):
        types = [
            e["Properties"]["VpcEndpointType"]
            for e in templates.all("AWS::EC2::VPCEndpoint").values()
        ]
        assert types.count("Gateway") == 2
        assert types.count("Interface") == interfaces


def test_all_traffic_is_in_the_flow_log(templates: Templates) -> None:
    log = templates.one("AWS::EC2::FlowLog")
    assert (log["TrafficType"], log["LogDestinationType"]) == ("ALL", "s3")
