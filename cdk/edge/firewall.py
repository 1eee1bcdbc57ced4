"""The web application firewall."""

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

_MANAGED = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    # Programs that speak the JSON protocol may send no User-Agent.
    "AWSManagedRulesCommonRuleSet": ("NoUserAgent_HEADER",),
}
"""AWS's rule groups, and their rules that only count."""

_CREDENTIAL_HEADERS = ("authorization", "sec-websocket-protocol")


class Firewall(Construct):
    """Managed rules and a limit of requests by address, in front of every load balancer.

    A WebSocket is looked at when it is opened, so a long call is one request.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        requests_in_five_minutes: int,
        log_retention: logs.RetentionDays,
    ) -> None:
        """Makes the rules; `guard` puts them in front of something."""
        super().__init__(scope, id)
        rules = [_managed(group, priority) for priority, group in enumerate(_MANAGED)]
        self._acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[*rules, _rate_limit(requests_in_five_minutes, len(rules))],
            visibility_config=_visible("Acl"),
        )
        self._log(name, log_retention)

    def guard(self, id: str, balancer: elb.IApplicationLoadBalancer) -> None:
        """Puts the firewall in front of ``balancer``."""
        waf.CfnWebACLAssociation(
            self,
            id,
            resource_arn=balancer.load_balancer_arn,
            web_acl_arn=self._acl.attr_arn,
        )

    def _log(self, name: str, retention: logs.RetentionDays) -> None:
        """Logs what was blocked or counted, without tickets and keys."""
        group = logs.LogGroup(
            self,
            "Log",
            # WAF writes to groups whose names begin so, and to no other.
            log_group_name=f"aws-waf-logs-{name}",
            retention=retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        redacted = [
            waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
            for header in _CREDENTIAL_HEADERS
        ]
        redacted.append(waf.CfnLoggingConfiguration.FieldToMatchProperty(query_string={}))
        kept = [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")]
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self._acl.attr_arn,
            log_destination_configs=[
                # Without the ":*" that the group's own ARN ends with.
                Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=group.log_group_name,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            redacted_fields=redacted,
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": kept}],
            },
        )


def _managed(group: str, priority: int) -> waf.CfnWebACL.RuleProperty:
    counting = [
        waf.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
        )
        for rule in _MANAGED[group]
    ]
    statement = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=group, rule_action_overrides=counting or None
    )
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=statement),
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visible(group),
    )


def _rate_limit(requests: int, priority: int) -> waf.CfnWebACL.RuleProperty:
    statement = waf.CfnWebACL.RateBasedStatementProperty(
        aggregate_key_type="IP", limit=requests, evaluation_window_sec=300
    )
    return waf.CfnWebACL.RuleProperty(
        name="RateLimit",
        priority=priority,
        statement=waf.CfnWebACL.StatementProperty(rate_based_statement=statement),
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(response_code=429)
            )
        ),
        visibility_config=_visible("RateLimit"),
    )


def _visible(metric: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )
