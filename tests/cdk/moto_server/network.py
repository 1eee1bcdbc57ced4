"""What `cdk.network` makes: the VPC with two protocols, its parts, its ways out, its flow logs."""

from functools import partial
from typing import Any

from tests.cdk.moto_server.api import call
from tests.cdk.moto_server.teaching import Made, Properties, teach, value_of

_MODIFIED = {
    "Vpc": ("EnableDnsHostnames", "EnableDnsSupport"),
    "Subnet": ("AssignIpv6AddressOnCreation", "MapPublicIpOnLaunch"),
}
"""Properties that EC2 takes only from what is there."""


def _make(kind: str, tagged: str, name: str, given: Properties) -> Made:
    """Most of EC2's things are made and deleted in the same words."""
    later = {key: given.pop(key) for key in _MODIFIED.get(kind, ()) if key in given}
    made = call("ec2", f"Create{kind}", TagSpecifications=_tagged(tagged, given), **given)[kind]
    which = {f"{kind}Id": made[f"{kind}Id"]}
    for key, value in later.items():
        call("ec2", f"Modify{kind}Attribute", **which, **{key: {"Value": value}})
    (id,) = which.values()
    return Made(
        physical_resource_id=id,
        attributes={"Id": value_of(id), f"{kind}Id": value_of(id)},
        undo=partial(call, "ec2", f"Delete{kind}", **which),
    )


def _tagged(kind: str, given: Properties) -> list[dict[str, Any]]:
    """EC2 wants to hear what the tags are of."""
    tags = given.pop("Tags", [])
    return [{"ResourceType": kind, "Tags": tags}] if tags else []


for _type, _kind, _of_tags in (
    ("EgressOnlyInternetGateway", "EgressOnlyInternetGateway", "egress-only-internet-gateway"),
    ("InternetGateway", "InternetGateway", "internet-gateway"),
    ("NatGateway", "NatGateway", "natgateway"),
    ("RouteTable", "RouteTable", "route-table"),
    ("Subnet", "Subnet", "subnet"),
):
    teach(f"AWS::EC2::{_type}")(partial(_make, _kind, _of_tags))


@teach("AWS::EC2::VPC")
def _vpc(name: str, given: Properties) -> Made:
    made = _make("Vpc", "vpc", name, given)
    made.attributes = {
        **made.attributes,
        "CidrBlock": value_of(given["CidrBlock"]),
        "Ipv6CidrBlocks": partial(_ipv6_blocks, made.physical_resource_id),
    }
    return made


def _ipv6_blocks(id: str) -> list[str]:
    """What the VPC has by now: a resource of its own gives it a block."""
    (vpc,) = call("ec2", "DescribeVpcs", VpcIds=[id])["Vpcs"]
    return [block["Ipv6CidrBlock"] for block in vpc["Ipv6CidrBlockAssociationSet"]]


@teach("AWS::EC2::VPCCidrBlock")
def _vpc_cidr_block(name: str, given: Properties) -> Made:
    made = call("ec2", "AssociateVpcCidrBlock", **given)["Ipv6CidrBlockAssociation"]
    return Made(physical_resource_id=made["AssociationId"])


@teach("AWS::EC2::VPCGatewayAttachment")
def _gateway_attachment(name: str, given: Properties) -> Made:
    call("ec2", "AttachInternetGateway", **given)
    return Made(
        physical_resource_id=name, undo=partial(call, "ec2", "DetachInternetGateway", **given)
    )


@teach("AWS::EC2::VPCEndpoint")
def _vpc_endpoint(name: str, given: Properties) -> Made:
    tags = _tagged("vpc-endpoint", given)
    id = call("ec2", "CreateVpcEndpoint", TagSpecifications=tags, **given)["VpcEndpoint"]
    ids = [id["VpcEndpointId"]]
    return Made(
        physical_resource_id=ids[0],
        undo=partial(call, "ec2", "DeleteVpcEndpoints", VpcEndpointIds=ids),
    )


@teach("AWS::EC2::EIP")
def _address(name: str, given: Properties) -> Made:
    made = call("ec2", "AllocateAddress", TagSpecifications=_tagged("elastic-ip", given), **given)
    which = {"AllocationId": made["AllocationId"]}
    return Made(
        physical_resource_id=made["PublicIp"],
        attributes={"AllocationId": value_of(made["AllocationId"])},
        undo=partial(call, "ec2", "ReleaseAddress", **which),
    )


@teach("AWS::EC2::Route")
def _route(name: str, given: Properties) -> Made:
    """Goes with its table."""
    call("ec2", "CreateRoute", **given)
    return Made(physical_resource_id=name)


@teach("AWS::EC2::SubnetRouteTableAssociation")
def _route_table_association(name: str, given: Properties) -> Made:
    id = call("ec2", "AssociateRouteTable", **given)["AssociationId"]
    return Made(
        physical_resource_id=id,
        undo=partial(call, "ec2", "DisassociateRouteTable", AssociationId=id),
    )


@teach("AWS::EC2::SecurityGroupEgress")
def _security_group_egress(name: str, given: Properties) -> Made:
    """Goes with its security group."""
    said = {"Description": given.pop("Description", "")}
    group = given.pop("GroupId")
    if "DestinationSecurityGroupId" in given:
        to = given.pop("DestinationSecurityGroupId")
        given["UserIdGroupPairs"] = [{"GroupId": to, **said}]
    if "CidrIp" in given:
        given["IpRanges"] = [{"CidrIp": given.pop("CidrIp"), **said}]
    call("ec2", "AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=[given])
    return Made(physical_resource_id=name)


@teach("AWS::EC2::FlowLog")
def _flow_log(name: str, given: Properties) -> Made:
    tags = _tagged("vpc-flow-log", given)
    # moto takes a folder in the bucket for a part of the bucket's name.
    given["LogDestination"] = given["LogDestination"].partition("/")[0]
    resources = [given.pop("ResourceId")]
    made = call("ec2", "CreateFlowLogs", ResourceIds=resources, TagSpecifications=tags, **given)
    ids = made["FlowLogIds"]
    return Made(
        physical_resource_id=ids[0],
        undo=partial(call, "ec2", "DeleteFlowLogs", FlowLogIds=ids),
    )
