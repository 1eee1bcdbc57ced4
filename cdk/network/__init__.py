"""The VPC and its ways out. Who may talk to whom inside it is decided where the services are."""

from cdk.network.vpc import PrivateNetwork, PrivateNetworkProps

__all__ = ["PrivateNetwork", "PrivateNetworkProps"]
