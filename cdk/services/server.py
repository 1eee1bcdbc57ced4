"""The connect server: on Fargate, or as a function."""

from collections.abc import Sequence

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.config import Environment
from cdk.data import Records
from cdk.services.grants import TableUse, secret_statements, table_statements
from cdk.services.health import python_health_command
from cdk.services.workload import Hosting, Workload, WorkloadProps

PORT = 8001

SECRETS = ("API_KEY",)

SESSION_ACTIONS = (
    "ConditionCheckItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "UpdateItem",
)


def server_environment(config: Environment, records: Records) -> dict[str, str]:
    """The connect server's settings, wherever it runs."""
    return {
        "AGENTS": ",".join(config.agents.names),
        "CONNECT_AUTH": "api_key",
        "CORS_ORIGINS": config.client_url,
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        "PARAMETER_PREFIX": config.parameter_prefix,
        "PUBLIC_URL": config.api_url,
        "SESSIONS_TABLE": records.sessions.table_name,
        "SESSION_RETENTION_DAYS": str(config.operations.record_days),
        "TRANSPORTS": "websocket",
    }


def server_grants(
    scope: Construct, config: Environment, records: Records
) -> Sequence[iam.PolicyStatement]:
    """What the connect server calls: it opens, reopens and reads session records.

    It also sweeps the fleet's budget of places whose calls nobody ended, in transactions.
    """
    sessions = TableUse(table=records.sessions, actions=SESSION_ACTIONS)
    return [
        *table_statements(scope, records.key, [sessions]),
        *secret_statements(scope, config, SECRETS),
    ]


def server_workload(
    scope: Construct,
    id: str,
    *,
    config: Environment,
    records: Records,
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
                **server_environment(config, records),
                "AWS_REGION": config.region,
                "PORT": str(PORT),
            },
            grants=server_grants(scope, config, records),
        ),
    )
