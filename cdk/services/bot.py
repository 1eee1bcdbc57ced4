"""The bot: one task serves many calls, one process each, and lets go of none of them."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.config import Environment
from cdk.data import JobsQueue, Records
from cdk.data.records import EMAIL_INDEX
from cdk.services.grants import (
    TableUse,
    accept_protection_statement,
    accept_transcript_statements,
    model_statement,
    protection_statement,
    queue_statements,
    secret_statements,
    table_statements,
    transcript_statements,
)
from cdk.services.health import python_health_command
from cdk.services.workload import Hosting, Workload, WorkloadProps

PORT = 8002
ADMIN_PORT = 8003

SECRETS = (
    "API_KEY",
    "DAILY_API_KEY",
    "HANDOVER_SECRET",
    "NOVA_AWS_ACCESS_KEY_ID",
    "NOVA_AWS_SECRET_ACCESS_KEY",
)

_DAILY_MEDIA: Mapping[str, ec2.Port] = {
    "Daily, to find the way to its media": ec2.Port.udp(3478),
    "Daily, media": ec2.Port.udp_range(40000, 49999),
    "Daily, media, the other range": ec2.Port.udp_range(23000, 26999),
}
"""Daily's documentation, "Networking Guide", of 2026-11: direct connections to its media servers.
Their addresses change, so the rules name ports alone."""

SESSION_ACTIONS = (
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)
ORDER_ACTIONS = ("GetItem", "UpdateItem")
ORDER_INDEX_ACTIONS = ("Query",)
"""Of the orders' index, which is a resource of its own."""
QUEUE_ACTIONS = ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage")
"""It sends, too: a call that is handed over goes back as a new job."""


def bot_environment(
    config: Environment, records: Records, jobs: JobsQueue, transcripts: s3.IBucket
) -> dict[str, str]:
    """The bot's settings. Limits of a call are its agent's; the sums in `drain` allow for them."""
    voice = {"NOVA_VOICE_ID": config.nova.voice} if config.nova.voice else {}
    people = {"HANDOVER_URL": config.agents.handover_url} if config.agents.handover_url else {}
    queue = {"JOBS_QUEUE_URL": jobs.queue.queue_url} if config.uses_daily else {}
    return {
        "ADMIN_PORT": str(ADMIN_PORT),
        "AGENTS": ",".join(config.agents.names),
        "AWS_REGION": config.region,
        "CORS_ORIGINS": config.client_url,
        "DRAIN_SECONDS": str(config.drain.handover_seconds),
        "LEASE_SECONDS": str(config.drain.lease_seconds),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "MAX_CALLS": str(config.max_calls),
        "MAX_SESSIONS": str(config.bot.sessions_per_task),
        "NOVA_AWS_REGION": config.nova.region,
        "NOVA_MODEL_ID": config.nova.model,
        "ORDERS_TABLE": records.orders.table_name,
        "PARAMETER_PREFIX": config.parameter_prefix,
        "PORT": str(PORT),
        "PROTECTION_MINUTES": str(config.drain.protection_minutes),
        "SESSIONS_TABLE": records.sessions.table_name,
        "SESSION_RETENTION_DAYS": str(config.operations.record_days),
        "SPARE_SESSIONS": str(config.bot.spare_sessions),
        "TRANSCRIPTS_BUCKET": transcripts.bucket_name,
        **queue,
        **people,
        **voice,
    }


def bot_workload(
    scope: Construct,
    id: str,
    *,
    config: Environment,
    records: Records,
    jobs: JobsQueue,
    transcripts: s3.IBucket,
    hosting: Hosting,
    image: ecs.ContainerImage,
) -> Workload:
    """The bot on Fargate.

    The load balancer sends a call to the task with the fewest open, and ECS never moves a task
    only to even the zones out.
    """
    uses = [
        TableUse(table=records.sessions, actions=SESSION_ACTIONS),
        TableUse(table=records.orders, actions=ORDER_ACTIONS),
        TableUse(table=records.orders, actions=ORDER_INDEX_ACTIONS, index=EMAIL_INDEX),
    ]
    least_busy = elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
    workload = Workload(
        scope,
        id,
        props=WorkloadProps(
            hosting=hosting,
            name="bot",
            image=image,
            size=config.bot,
            port=PORT,
            health_port=ADMIN_PORT,
            health_command=python_health_command(ADMIN_PORT),
            environment=bot_environment(config, records, jobs, transcripts),
            grants=[
                *table_statements(scope, records.key, uses),
                *transcript_statements(scope, transcripts, records.key),
                *secret_statements(scope, config, SECRETS),
                model_statement(scope, config.nova),
                protection_statement(scope, hosting.cluster),
                *(queue_statements(scope, jobs, QUEUE_ACTIONS) if config.uses_daily else ()),
            ],
            egress=_DAILY_MEDIA if config.uses_daily else {},
            deregistration_delay=Duration.seconds(config.drain.deregistration_seconds),
            stop_timeout=Duration.seconds(config.drain.stop_timeout_seconds),
            algorithm=least_busy,
            availability_zone_rebalancing=False,
            scale_in_cooldown=Duration.seconds(config.drain.scale_in_seconds),
        ),
    )
    accept_protection_statement(workload, hosting.cluster)
    accept_transcript_statements(workload, transcripts)
    return workload
