"""The connect server: on Fargate, or as a function."""

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.config import Environment
from cdk.data import JobsQueue, Records
from cdk.services.grants import (
    TableUse,
    queue_statements,
    secret_statements,
    table_statements,
)
from cdk.services.health import python_health_command
from cdk.services.workload import Hosting, Workload, WorkloadProps

PORT = 8001

SECRETS = ("API_KEY", "DAILY_API_KEY")

ROOM_MARGIN_SECONDS = 600
"""Longer than the longest call lives a room on Daily: for the caller to connect, and to come back
after a drop."""

SESSION_ACTIONS = (
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)

QUEUE_ACTIONS = ("SendMessage",)


def server_environment(config: Environment, records: Records, jobs: JobsQueue) -> dict[str, str]:
    """The connect server's settings, wherever it runs."""
    daily = _daily_environment(config, jobs) if config.uses_daily else {}
    return {
        **access_environment(config),
        "AGENTS": ",".join(config.agents.names),
        "CORS_ORIGINS": config.client_url,
        "LEASE_SECONDS": str(config.drain.lease_seconds),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "MAX_CALLS": str(config.max_calls),
        "PARAMETER_PREFIX": config.parameter_prefix,
        "PUBLIC_URL": config.api_url,
        "SESSIONS_TABLE": records.sessions.table_name,
        "SESSION_RETENTION_DAYS": str(config.operations.record_days),
        "TRANSPORTS": ",".join(config.server.transports),
        **daily,
    }


def access_environment(config: Environment) -> dict[str, str]:
    """What /connect asks callers for."""
    if (log_in := config.server.log_in) is None:
        return {"CONNECT_AUTH": "api_key"}
    return {
        "CONNECT_AUTH": "id_token",
        "ID_TOKEN_AUDIENCE": log_in.audience,
        "ID_TOKEN_ISSUER": log_in.issuer,
    }


def _daily_environment(config: Environment, jobs: JobsQueue) -> dict[str, str]:
    geo = {"DAILY_GEO": config.daily.geo} if config.daily.geo else {}
    return {
        "JOBS_QUEUE_URL": jobs.queue.queue_url,
        "ROOM_POOL": str(config.daily.rooms_ahead),
        "ROOM_SECONDS": str(config.drain.longest_call_seconds + ROOM_MARGIN_SECONDS),
        **geo,
    }


def server_grants(
    scope: Construct, config: Environment, records: Records, jobs: JobsQueue
) -> Sequence[iam.PolicyStatement]:
    """What the connect server calls: it opens, reopens and reads session records.

    It also sweeps the fleet's budget of places whose calls nobody ended, in transactions.
    """
    sessions = TableUse(table=records.sessions, actions=SESSION_ACTIONS)
    return [
        *table_statements(scope, records.key, [sessions]),
        *secret_statements(scope, config, SECRETS),
        *(queue_statements(scope, jobs, QUEUE_ACTIONS) if config.uses_daily else ()),
    ]


def server_workload(
    scope: Construct,
    id: str,
    *,
    config: Environment,
    records: Records,
    jobs: JobsQueue,
    hosting: Hosting,
    image: ecs.ContainerImage,
) -> Workload:
    """The connect server on Fargate."""
    return Workload(
        scope,
        id,
        props=WorkloadProps(
            hosting=hosting,
            name="server",
            image=image,
            size=config.server,
            port=PORT,
            health_port=PORT,
            health_command=python_health_command(PORT),
            environment={
                **server_environment(config, records, jobs),
                "AWS_REGION": config.region,
                "PORT": str(PORT),
            },
            grants=server_grants(scope, config, records, jobs),
        ),
    )
