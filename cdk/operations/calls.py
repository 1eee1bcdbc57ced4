"""How calls go: what the number of the bot's tasks follows, and what somebody is called for."""

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb

from cdk.config import Environment
from cdk.data import JobsQueue
from cdk.operations.alarms import Alarms
from cdk.operations.metrics import CallMetrics

_MINUTE = Duration.minutes(1)


def scale_with_calls(
    tasks: ecs.ScalableTaskCount, *, config: Environment, calls: CallMetrics, jobs: JobsQueue
) -> None:
    """Keeps places free; where jobs wait all the same, adds as many tasks as take them at once."""
    tasks.scale_to_track_custom_metric(
        "PlacesTaken",
        metric=calls.taken_percent,
        target_value=config.bot.busy_percent,
        scale_in_cooldown=Duration.seconds(config.drain.scale_in_seconds),
        scale_out_cooldown=Duration.seconds(30),
    )
    if config.uses_daily:
        places = config.bot.sessions_per_task
        tasks.scale_on_metric(
            "JobsWaiting",
            metric=jobs.queue.metric_approximate_number_of_messages_visible(
                period=_MINUTE, statistic="Maximum"
            ),
            adjustment_type=scaling.AdjustmentType.CHANGE_IN_CAPACITY,
            evaluation_periods=1,
            cooldown=_MINUTE,
            scaling_steps=[
                scaling.ScalingInterval(upper=0, change=0),
                scaling.ScalingInterval(lower=1, change=1),
                scaling.ScalingInterval(lower=places + 1, change=4),
                scaling.ScalingInterval(lower=4 * places + 1, change=10),
            ],
        )


def watch_calls(
    alarms: Alarms,
    *,
    config: Environment,
    calls: CallMetrics,
    jobs: JobsQueue,
    bots: elb.ApplicationTargetGroup,
) -> None:
    """Adds the alarms for what matters to callers."""
    alarms.add(
        "callers-turned-away",
        "Callers are told that all agents are busy: raise bot.max_tasks, or look at why the "
        "tasks are too few.",
        bots.metrics.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT, period=_MINUTE),
        threshold=3,
        periods=5,
        datapoints=2,
    )
    alarms.add(
        "calls-failed",
        "Calls end by our fault: look for 'call failed' and 'session process died' in the log.",
        calls.failed.with_(period=Duration.minutes(5)),
        threshold=3,
    )
    alarms.add(
        "bot-overloaded",
        "A task has more calls than its processors carry in time, and turns callers away: lower "
        "bot.sessions_per_task or raise bot.cpu; 'make bench BENCH=capacity' tells what a core "
        "carries.",
        calls.overloaded.with_(period=Duration.minutes(5)),
        threshold=1,
    )
    alarms.add(
        "protection-failing",
        "Tasks with calls cannot ask ECS to be spared: look for 'task protection failed' and "
        "its code in the log, before the next deployment.",
        calls.protection_failed.with_(period=Duration.minutes(5)),
        threshold=3,
    )
    alarms.add(
        "dead-letters",
        "A call killed three bots: its job is in the dead-letter queue.",
        jobs.dead_letters.metric_approximate_number_of_messages_visible(
            period=_MINUTE, statistic="Maximum"
        ),
        threshold=1,
    )
    if config.uses_daily:
        alarms.add(
            "jobs-waiting",
            "Callers wait in rooms that no bot joins: raise bot.max_tasks, or look at why the "
            "tasks are too few.",
            jobs.queue.metric_approximate_number_of_messages_visible(
                period=_MINUTE, statistic="Minimum"
            ),
            threshold=1,
            periods=3,
        )
