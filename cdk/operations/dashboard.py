"""One page that tells how it goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.operations.metrics import CallMetrics


@dataclass(frozen=True, kw_only=True)
class DashboardProps:
    """What the dashboard shows.

    Attributes:
        name: Its name.
        alarms: Their states stand on top.
        calls: Calls begun and failed, places taken.
        targets: Each service's target group, by the service's name.
        queue: Jobs that wait.
        dead_letters: Jobs that nobody could serve.
    """

    name: str
    alarms: Sequence[cloudwatch.IAlarm]
    calls: CallMetrics
    targets: dict[str, elb.ApplicationTargetGroup]
    queue: sqs.IQueue
    dead_letters: sqs.IQueue


class Dashboard(Construct):
    """A CloudWatch dashboard."""

    def __init__(self, scope: Construct, id: str, *, props: DashboardProps) -> None:
        """Draws the page."""
        super().__init__(scope, id)
        minute = Duration.minutes(1)
        targets = props.targets
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=props.name,
            default_interval=Duration.hours(6),
            widgets=[
                [cloudwatch.AlarmStatusWidget(alarms=list(props.alarms), width=24, title="Alarms")],
                [
                    _graph("Calls begun and failed", props.calls.started, props.calls.failed),
                    _graph("Places taken, percent", props.calls.taken_percent),
                    _graph(
                        "Healthy tasks",
                        *(
                            group.metrics.healthy_host_count(label=name, period=minute)
                            for name, group in targets.items()
                        ),
                    ),
                ],
                [
                    _graph("Milliseconds that tasks come late, at worst", props.calls.lag),
                    _graph("Overloads", props.calls.overloaded),
                    _graph("Seconds of late sound left out", props.calls.late_seconds),
                ],
                [
                    _graph(
                        "Seconds to answer, p99",
                        *(
                            group.metrics.target_response_time(
                                label=name, statistic="p99", period=minute
                            )
                            for name, group in targets.items()
                            if name != "bot"
                        ),
                    ),
                    _graph(
                        "Requests failed",
                        *(
                            group.metrics.http_code_target(
                                elb.HttpCodeTarget.TARGET_5XX_COUNT, label=name, period=minute
                            )
                            for name, group in targets.items()
                        ),
                    ),
                    _graph(
                        "Jobs that wait, and that nobody could serve",
                        props.queue.metric_approximate_number_of_messages_visible(period=minute),
                        props.dead_letters.metric_approximate_number_of_messages_visible(
                            label="dead letters", period=minute
                        ),
                    ),
                ],
            ],
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
