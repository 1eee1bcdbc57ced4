"""The stack with the VPC."""

from aws_cdk import Environment as Target
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import Environment
from cdk.network import PrivateNetwork, PrivateNetworkProps


class NetworkStack(Stack):
    """The network that the services are in."""

    def __init__(
        self, scope: Construct, *, config: Environment, logs: s3.IBucket, env: Target
    ) -> None:
        """Makes the VPC; its flow logs go to ``logs``."""
        super().__init__(
            scope,
            f"{config.prefix}-network",
            env=env,
            description=f"Voice agents, {config.name}: VPC, ways out, endpoints",
            termination_protection=config.protected,
        )
        # Or the CDK would ask the account for its zones, although they are named.
        self.node.set_context(
            f"availability-zones:account={config.account}:region={config.region}",
            list(config.network.availability_zones),
        )
        network = PrivateNetwork(
            self, "Network", props=PrivateNetworkProps(network=config.network, logs=logs)
        )
        self.vpc = network.vpc
