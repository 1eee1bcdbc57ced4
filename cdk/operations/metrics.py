"""Numbers that CloudWatch takes from the bot's log lines."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

STARTED = "session started"
ENDED = "session ended"
DIED = "session process died"
PROTECTION_FAILED = "task protection failed"
OVERLOADED = "bot is overloaded"
LATE = "late sound left out"
SLOTS = "slots"
"""Texts of the bot's log lines; `SLOTS` has the fields ``taken_percent``, of the task's places, and
``lag_ms``, by which its processes come late; `LATE` has ``seconds``."""

FAILED = "failed"
"""The reason of a call that ended by our fault: ``services.bot.call.ending.Ending.FAILED``."""


class CallMetrics(Construct):
    """Calls that began and failed, how full and how late tasks are, and whether ECS spares them."""

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
        self.overloaded = self._metric(
            "Overloads", pattern.string_value("$.message", "=", OVERLOADED)
        )
        self.lag = self._metric(
            "LagMilliseconds",
            pattern.string_value("$.message", "=", SLOTS),
            value="$.lag_ms",
            statistic=cloudwatch.Stats.MAXIMUM,
            unit=cloudwatch.Unit.MILLISECONDS,
        )
        self.late_seconds = self._metric(
            "LateSoundSeconds",
            pattern.string_value("$.message", "=", LATE),
            value="$.seconds",
            unit=cloudwatch.Unit.SECONDS,
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
