"""Reads the whole picture out of an environment's templates."""

from cdk.operator.diagram import services, surroundings
from cdk.operator.diagram.graph import Graph, Kind, Node, Place
from cdk.operator.diagram.template import Architecture

DRAWN = (
    "AWS::CertificateManager::Certificate",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::EC2::NatGateway",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSet",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::WAFv2::WebACL",
)
"""Each resource of these types stands in a box, or in the network's lines."""

FOLDED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "its bounds are its service's lines",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "how, and not what",
    "AWS::CDK::Metadata": "is no resource",
    "AWS::EC2::EIP": "a NAT gateway's own",
    "AWS::EC2::EgressOnlyInternetGateway": "nothing that runs has an IPv6 address",
    "AWS::EC2::FlowLog": "a line of the bucket that takes it",
    "AWS::EC2::InternetGateway": "every public subnet has it",
    "AWS::EC2::Route": "every subnet has it",
    "AWS::EC2::RouteTable": "every subnet has it",
    "AWS::EC2::SecurityGroup": "what it lets in are arrows",
    "AWS::EC2::SecurityGroupEgress": "mirrors what is let in",
    "AWS::EC2::SecurityGroupIngress": "the target groups' ports",
    "AWS::EC2::SubnetRouteTableAssociation": "every subnet has it",
    "AWS::EC2::VPCCidrBlock": "the VPC's IPv6 range",
    "AWS::EC2::VPCGatewayAttachment": "every public subnet has it",
    "AWS::ECS::Cluster": "a name that services share",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "is an arrow",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "is an arrow",
    "AWS::IAM::Policy": "what it allows are arrows",
    "AWS::IAM::Role": "belongs to what runs as it",
    "AWS::KMS::Alias": "the key's name",
    "AWS::Lambda::Permission": "is an arrow",
    "AWS::Logs::MetricFilter": "belongs to its log group",
    "AWS::S3::BucketPolicy": "belongs to its bucket",
    "AWS::SNS::Subscription": "a line of its topic",
    "AWS::SNS::TopicPolicy": "belongs to its topic",
    "AWS::SQS::QueuePolicy": "belongs to its queue",
    "AWS::WAFv2::LoggingConfiguration": "a line of the log groups",
    "AWS::WAFv2::WebACLAssociation": "is an arrow",
}
"""Where the others are to be found, or why they are not in the picture."""


class UndecidedResourceError(Exception):
    """A template has a kind of resource that is neither drawn nor folded."""


def build(found: Architecture, *, title: str) -> Graph:
    """Boxes and arrows.

    Raises:
        UndecidedResourceError: Somebody has to decide how a kind of resource is shown.
    """
    undecided = {one.type for one in found.resources.values()} - set(DRAWN) - set(FOLDED)
    if undecided:
        raise UndecidedResourceError(
            f"{', '.join(sorted(undecided))}: say in cdk/operator/diagram/build.py whether it is "
            "drawn, or into what it is folded"
        )
    return Graph(
        title=title,
        network=surroundings.network_lines(found),
        network_resources=surroundings.network_resources(found),
        nodes=(
            Node(
                key=services.CALLERS,
                place=Place.OUTSIDE,
                kind=Kind.PEOPLE,
                title="Callers",
                lines=("browsers, programs",),
            ),
            *surroundings.edge_nodes(found),
            *services.balancer_nodes(found),
            *services.compute_nodes(found),
            *services.outside_nodes(found),
            *surroundings.data_nodes(found),
            *surroundings.operations_nodes(found),
        ),
        arrows=(
            *services.caller_arrows(found),
            *surroundings.edge_arrows(found),
            *services.balancer_arrows(found),
            *services.call_arrows(found),
            *surroundings.data_arrows(found),
            *surroundings.operations_arrows(found),
        ),
    )
