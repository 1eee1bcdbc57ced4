"""What wakes somebody up, and what undoes a deployment."""

from dataclasses import dataclass

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class AlarmsProps:
    """What the alarms need.

    Attributes:
        key: What the topic is encrypted with.
        name: What the alarms' names begin with.
        email: Who gets them, if anybody.
    """

    key: kms.IKey
    name: str
    email: str | None


class Alarms(Construct):
    """Alarms, and the topic that they go to."""

    def __init__(self, scope: Construct, id: str, *, props: AlarmsProps) -> None:
        """Makes the topic; the other methods add alarms."""
        super().__init__(scope, id)
        self._name = props.name
        self.alarms: list[cloudwatch.Alarm] = []
        self.topic = sns.Topic(self, "Topic", master_key=props.key, enforce_ssl=True)
        # The policy that enforces TLS takes the place of the one that lets the account publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if props.email is not None:
            self.topic.add_subscription(subscriptions.EmailSubscription(props.email))

    def on_unhealthy_hosts(
        self, service: str, targets: elb.ApplicationTargetGroup
    ) -> cloudwatch.Alarm:
        """A task fails its health checks; a deployment that does this is undone."""
        return self.add(
            f"{service}-unhealthy",
            f"A task of {service} answers no health checks: read its last log lines.",
            targets.metrics.unhealthy_host_count(
                statistic=cloudwatch.Stats.MAXIMUM, period=Duration.minutes(1)
            ),
            threshold=1,
            periods=3,
        )

    def on_no_healthy_host(self, service: str, targets: elb.ApplicationTargetGroup) -> None:
        """No task is left to answer."""
        self.add(
            f"{service}-down",
            f"No task of {service} is healthy: nobody is served. Look at the service's events.",
            targets.metrics.healthy_host_count(
                statistic=cloudwatch.Stats.MINIMUM, period=Duration.minutes(1)
            ),
            threshold=1,
            periods=3,
            operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def on_errors(self, service: str, targets: elb.ApplicationTargetGroup) -> cloudwatch.Alarm:
        """A service answers 5xx."""
        return self.add(
            f"{service}-errors",
            f"{service} fails requests: its log has a line for each.",
            targets.metrics.http_code_target(
                elb.HttpCodeTarget.TARGET_5XX_COUNT, period=Duration.minutes(1)
            ),
            threshold=5,
            periods=3,
        )

    def on_unreachable(self, name: str, balancer: elb.ApplicationLoadBalancer) -> None:
        """A load balancer found nobody to ask."""
        self.add(
            f"{name}-unreachable",
            f"The load balancer of {name} answers 5xx itself: no task is reachable or in time.",
            balancer.metrics.http_code_elb(
                elb.HttpCodeElb.ELB_5XX_COUNT, period=Duration.minutes(1)
            ),
            threshold=5,
            periods=3,
        )

    def add(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int = 1,
        datapoints: int | None = None,
        operator: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        ),
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        """Adds an alarm that goes to the topic when it is raised and when it is over."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._name}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=datapoints or periods,
            comparison_operator=operator,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)
        return alarm
