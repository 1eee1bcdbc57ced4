"""What `cdk.edge` makes: certificate, firewall, load balancers and who is behind them."""

from functools import partial

from tests.cdk.moto_server.api import call
from tests.cdk.moto_server.teaching import Made, Properties, teach, value_of


@teach("AWS::CertificateManager::Certificate")
def _certificate(name: str, given: Properties) -> Made:
    """Where CloudFormation would write ACM's question into the zone, nobody asks."""
    given.pop("DomainValidationOptions", None)
    arn = call("acm", "RequestCertificate", **given)["CertificateArn"]
    return Made(
        physical_resource_id=arn,
        undo=partial(call, "acm", "DeleteCertificate", CertificateArn=arn),
    )


@teach("AWS::WAFv2::WebACL")
def _web_acl(name: str, given: Properties) -> Made:
    made = call("wafv2", "CreateWebACL", **{"Name": name, **given})["Summary"]
    which = {"Name": made["Name"], "Id": made["Id"], "Scope": given["Scope"]}
    return Made(
        physical_resource_id="|".join(which.values()),
        attributes={"Arn": value_of(made["ARN"])},
        undo=partial(call, "wafv2", "DeleteWebACL", LockToken=made["LockToken"], **which),
    )


@teach("AWS::WAFv2::WebACLAssociation")
def _web_acl_association(name: str, given: Properties) -> Made:
    call("wafv2", "AssociateWebACL", **given)
    resource = given["ResourceArn"]
    return Made(
        physical_resource_id=name,
        undo=partial(call, "wafv2", "DisassociateWebACL", ResourceArn=resource),
    )


@teach("AWS::WAFv2::LoggingConfiguration")
def _firewall_logging(name: str, given: Properties) -> Made:
    call("wafv2", "PutLoggingConfiguration", LoggingConfiguration=given)
    acl = given["ResourceArn"]
    return Made(
        physical_resource_id=acl,
        undo=partial(call, "wafv2", "DeleteLoggingConfiguration", ResourceArn=acl),
    )


@teach("AWS::ElasticLoadBalancingV2::LoadBalancer")
def _load_balancer(name: str, given: Properties) -> Made:
    attributes = given.pop("LoadBalancerAttributes", [])
    (made,) = call("elbv2", "CreateLoadBalancer", Name=name, **given)["LoadBalancers"]
    arn = made["LoadBalancerArn"]
    which = {"LoadBalancerArn": arn}
    call("elbv2", "ModifyLoadBalancerAttributes", Attributes=attributes, **which)
    return Made(
        physical_resource_id=arn,
        attributes={
            "CanonicalHostedZoneID": value_of(made["CanonicalHostedZoneId"]),
            "DNSName": value_of(made["DNSName"]),
            "LoadBalancerFullName": value_of(arn.partition("loadbalancer/")[2]),
            "LoadBalancerName": value_of(name),
            "SecurityGroups": value_of(made["SecurityGroups"]),
        },
        undo=partial(call, "elbv2", "DeleteLoadBalancer", **which),
    )


@teach("AWS::ElasticLoadBalancingV2::TargetGroup")
def _target_group(name: str, given: Properties) -> Made:
    attributes = given.pop("TargetGroupAttributes", [])
    targets = given.pop("Targets", [])
    (made,) = call("elbv2", "CreateTargetGroup", Name=name, **given)["TargetGroups"]
    arn = made["TargetGroupArn"]
    which = {"TargetGroupArn": arn}
    call("elbv2", "ModifyTargetGroupAttributes", Attributes=attributes, **which)
    if targets:
        call("elbv2", "RegisterTargets", Targets=targets, **which)
    return Made(
        physical_resource_id=arn,
        attributes={
            "TargetGroupArn": value_of(arn),
            "TargetGroupFullName": value_of(arn.rpartition(":")[2]),
            "TargetGroupName": value_of(name),
        },
        undo=partial(call, "elbv2", "DeleteTargetGroup", **which),
    )


@teach("AWS::ElasticLoadBalancingV2::Listener")
def _listener(name: str, given: Properties) -> Made:
    (made,) = call("elbv2", "CreateListener", **given)["Listeners"]
    arn = made["ListenerArn"]
    return Made(
        physical_resource_id=arn,
        attributes={"ListenerArn": value_of(arn)},
        undo=partial(call, "elbv2", "DeleteListener", ListenerArn=arn),
    )


@teach("AWS::ElasticLoadBalancingV2::ListenerRule")
def _listener_rule(name: str, given: Properties) -> Made:
    (made,) = call("elbv2", "CreateRule", **given)["Rules"]
    arn = made["RuleArn"]
    return Made(
        physical_resource_id=arn,
        attributes={"RuleArn": value_of(arn)},
        undo=partial(call, "elbv2", "DeleteRule", RuleArn=arn),
    )
