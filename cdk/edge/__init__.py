"""What faces the Internet: names, certificate, firewall, load balancers. Nothing else is public."""

from cdk.edge.domain import Site
from cdk.edge.firewall import Firewall
from cdk.edge.load_balancer import PublicLoadBalancer, PublicLoadBalancerProps

__all__ = ["Firewall", "PublicLoadBalancer", "PublicLoadBalancerProps", "Site"]
