"""A load balancer on a name of its own."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.edge.domain import Site
from cdk.network.vpc import HTTPS
from cdk.reasons import acknowledge


@dataclass(frozen=True, kw_only=True)
class PublicLoadBalancerProps:
    """What a load balancer needs.

    Attributes:
        vpc: Where it is.
        site: The hosted zone and the certificate.
        name: Its name in the zone, without the zone.
        logs: Where its access logs go.
        idle_timeout: After how long a silent connection is closed.
        protected: Whether it refuses to be deleted.
    """

    vpc: ec2.IVpc
    site: Site
    name: str
    logs: s3.IBucket
    idle_timeout: Duration
    protected: bool


class PublicLoadBalancer(Construct):
    """An Application Load Balancer for HTTPS alone, over IPv4 and IPv6.

    Nothing listens on port 80: programs would send their keys there before being redirected.
    """

    def __init__(self, scope: Construct, id: str, *, props: PublicLoadBalancerProps) -> None:
        """Makes the load balancer and its names; `serve` gives it something to serve."""
        super().__init__(scope, id)
        self._props = props
        self._group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=props.vpc,
            description=f"Load balancer of {props.name}",
            allow_all_outbound=False,
        )
        for peer in (ec2.Peer.any_ipv4(), ec2.Peer.any_ipv6()):
            self._group.add_ingress_rule(peer, ec2.Port.tcp(HTTPS), "Callers")
        acknowledge(
            self._group,
            {"AwsSolutions-EC23": "Callers come from everywhere, and to port 443 of this alone."},
        )
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=props.vpc,
            internet_facing=True,
            ip_address_type=elb.IpAddressType.DUAL_STACK,
            security_group=self._group,
            idle_timeout=props.idle_timeout,
            drop_invalid_header_fields=True,
            deletion_protection=props.protected,
        )
        self.balancer.log_access_logs(props.logs, f"load-balancers/{props.name}")
        target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer))
        for kind in (route53.ARecord, route53.AaaaRecord):
            kind(self, kind.__name__, zone=props.site.zone, record_name=props.name, target=target)

    def serve(self, target_group: elb.IApplicationTargetGroup) -> elb.ApplicationListener:
        """Listens, and sends what no rule catches to ``target_group``."""
        return self.balancer.add_listener(
            "Https",
            port=HTTPS,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[self._props.site.certificate],
            ssl_policy=elb.SslPolicy.TLS13_12_RES_PQ,
            open=False,
            default_target_groups=[target_group],
        )
