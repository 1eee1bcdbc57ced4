"""The bot: one task serves many calls, one process each, and lets go of none of them."""

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from cdk.config import Environment
from cdk.data import Records
from cdk.services.grants import (
    TableUse,
    accept_protection_statement,
    model_statement,
    protection_statement,
    secret_statements,
    table_statements,
)
from cdk.services.health import python_health_command
from cdk.services.workload import Hosting, Workload, WorkloadProps

PORT = 8002
ADMIN_PORT = 8003

SECRETS = ("API_KEY", "NOVA_AWS_ACCESS_KEY_ID", "NOVA_AWS_SECRET_ACCESS_KEY")

SESSION_ACTIONS = (
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)
ORDER_ACTIONS = ("GetItem",)


def bot_environment(config: Environment, records: Records) -> dict[str, str]:
    """The bot's settings. Limits of a call are its agent's; the sums in `drain` allow for them."""
    voice = {"NOVA_VOICE_ID": config.nova.voice} if config.nova.voice else {}
    return {
        "ADMIN_PORT": str(ADMIN_PORT),
        "AGENTS": ",".join(config.agents.names),
        "AWS_REGION": config.region,
        "CORS_ORIGINS": config.client_url,
        "DRAIN_SECONDS": str(config.drain.handover_seconds),
        "LEASE_SECONDS": str(config.drain.lease_seconds),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
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
        **voice,
    }


def bot_workload(
    scope: Construct,
    id: str,
    *,
    config: Environment,
    records: Records,
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
            environment=bot_environment(config, records),
            grants=[
                *table_statements(scope, records.key, uses),
                *secret_statements(scope, config, SECRETS),
                model_statement(scope, config.nova),
                protection_statement(scope, hosting.cluster),
            ],
            deregistration_delay=Duration.seconds(config.drain.deregistration_seconds),
            stop_timeout=Duration.seconds(config.drain.stop_timeout_seconds),
            algorithm=least_busy,
            availability_zone_rebalancing=False,
        ),
    )
    accept_protection_statement(workload, hosting.cluster)
    return workload
