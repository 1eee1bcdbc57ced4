"""Numbers that CloudWatch takes from the bot's log lines."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

STARTED = "session started"
ENDED = "session ended"
DIED = "session process died"
PROTECTION_FAILED = "task protection failed"
SLOTS = "slots"
"""Texts of the bot's log lines; `SLOTS` has a field ``taken_percent``, of the task's places."""

FAILED = "failed"
"""The reason of a call that ended by our fault: ``services.bot.ending.Ending.FAILED``."""


class CallMetrics(Construct):
    """Calls that began and that failed, how full the tasks are, and whether ECS spares them."""

    def __init__(self, scope: Construct, id: str, *, namespace: str, log: logs.ILogGroup) -> None:
        """Reads the lines of ``log`` into metrics of ``namespace``."""
        super().__init__(scope, id)
        self._namespace = namespace
        self._log = log
        pattern = logs.FilterPattern
        message = pattern.string_value("$.message", "=", STARTED)
        self.started = self._metric("CallsStarted", message)
        failed = pattern.all(
            pattern.string_value("$.message", "=", ENDED),
            pattern.string_value("$.reason", "=", FAILED),
        )
        died = pattern.string_value("$.message", "=", DIED)
        self.failed = self._metric("CallsFailed", pattern.any(failed, died))
        self.protection_failed = self._metric(
            "ProtectionFailed", pattern.string_value("$.message", "=", PROTECTION_FAILED)
        )
        self.taken_percent = self._metric(
            "PlacesTakenPercent",
            pattern.string_value("$.message", "=", SLOTS),
            value="$.taken_percent",
            statistic=cloudwatch.Stats.AVERAGE,
            unit=cloudwatch.Unit.PERCENT,
        )

    def _metric(
        self,
        name: str,
        pattern: logs.IFilterPattern,
        *,
        value: str = "1",
        statistic: str = cloudwatch.Stats.SUM,
        unit: cloudwatch.Unit = cloudwatch.Unit.COUNT,
    ) -> cloudwatch.Metric:
        return logs.MetricFilter(
            self,
            name,
            log_group=self._log,
            filter_pattern=pattern,
            metric_namespace=self._namespace,
            metric_name=name,
            metric_value=value,
            unit=unit,
        ).metric(statistic=statistic, period=Duration.minutes(1))
