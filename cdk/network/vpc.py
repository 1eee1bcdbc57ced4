"""Public subnets for the load balancers, private ones for the services."""

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config.parts import InterfaceEndpoint, Network

HTTPS = 443

_SERVICES: dict[InterfaceEndpoint, dict[str, ec2.InterfaceVpcEndpointAwsService]] = {
    "bedrock-runtime": {"Bedrock": ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME},
    "ecr": {
        "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
        "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    },
    "logs": {"Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS},
    "sqs": {"Sqs": ec2.InterfaceVpcEndpointAwsService.SQS},
    "ssm": {"Ssm": ec2.InterfaceVpcEndpointAwsService.SSM},
}


@dataclass(frozen=True, kw_only=True)
class PrivateNetworkProps:
    """What a network is made of.

    Attributes:
        network: Its configuration.
        logs: Where its flow logs go.
    """

    network: Network
    logs: s3.IBucket


class PrivateNetwork(Construct):
    """A VPC over two or three zones.

    It speaks IPv4 and IPv6 so that the load balancers can; the services have IPv4 addresses only
    and leave through the NAT gateways or through endpoints.
    """

    def __init__(self, scope: Construct, id: str, *, props: PrivateNetworkProps) -> None:
        """Makes the VPC."""
        super().__init__(scope, id)
        network = props.network
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            ip_protocol=ec2.IpProtocol.DUAL_STACK,
            availability_zones=list(network.availability_zones),
            nat_gateways=network.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                    ipv6_assign_address_on_creation=False,
                ),
                ec2.SubnetConfiguration(
                    name="Private",
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS,
                    ipv6_assign_address_on_creation=False,
                ),
            ],
            # Both are free, and image layers, which come from S3, and session records stay off the
            # NAT gateways' bill.
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(
                    service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
                ),
            },
            flow_logs={
                "FlowLog": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_s3(props.logs, "vpc/"),
                    traffic_type=ec2.FlowLogTrafficType.ALL,
                    max_aggregation_interval=ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
                )
            },
        )
        if network.interface_endpoints:
            self._add_endpoints(network)

    def _add_endpoints(self, network: Network) -> None:
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="Interface endpoints of AWS services",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(
            ec2.Peer.ipv4(network.cidr), ec2.Port.tcp(HTTPS), "The services in this VPC"
        )
        for name in network.interface_endpoints:
            for id, service in _SERVICES[name].items():
                ec2.InterfaceVpcEndpoint(
                    self, id, vpc=self.vpc, service=service, security_groups=[group], open=False
                )
