"""The connect server as a Lambda function: the same image and application, through Mangum."""

from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config import Environment
from cdk.data import JobsQueue, Records
from cdk.services.server import server_environment, server_grants

TIMEOUT_SECONDS = 25
"""More than the application gives a request (``REQUEST_SECONDS`` of ``services.server.boundary``),
so that a slow one ends with an answer."""


@dataclass(frozen=True, kw_only=True)
class ServerFunctionProps:
    """What the function needs.

    Attributes:
        config: The environment.
        records: Where session records are.
        jobs: Where calls over Daily wait for a bot.
        code: The image.
        log_retention: How long its logs are kept.
        log_removal: What becomes of the logs when the stack is deleted.
    """

    config: Environment
    records: Records
    jobs: JobsQueue
    code: lambda_.DockerImageCode
    log_retention: logs.RetentionDays
    log_removal: RemovalPolicy


class ServerFunction(Construct):
    """A function in no VPC: it calls AWS and Daily, and nothing private."""

    def __init__(self, scope: Construct, id: str, *, props: ServerFunctionProps) -> None:
        """Makes the function and its target group."""
        super().__init__(scope, id)
        config = props.config
        self.log_group = logs.LogGroup(
            self, "Log", retention=props.log_retention, removal_policy=props.log_removal
        )
        role = iam.Role(
            self,
            "Role",
            description="Is what the connect server calls AWS as",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.log_group.grant_write(role)
        for statement in server_grants(self, config, props.records, props.jobs):
            role.add_to_policy(statement)
        arm64 = config.images.architecture == "arm64"
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            description="Connect server",
            code=props.code,
            architecture=lambda_.Architecture.ARM_64 if arm64 else lambda_.Architecture.X86_64,
            memory_size=config.server.memory,
            timeout=Duration.seconds(TIMEOUT_SECONDS),
            environment=server_environment(config, props.records, props.jobs),
            log_group=self.log_group,
            role=role,
        )
        self.target_group = elb.ApplicationTargetGroup(
            self,
            "Targets",
            target_type=elb.TargetType.LAMBDA,
            multi_value_headers_enabled=True,
            targets=[targets.LambdaTarget(self.function)],
        )
        self._admit_own_load_balancers_only()

    def _admit_own_load_balancers_only(self) -> None:
        """Narrows the permission that `LambdaTarget` gives to every account's load balancers."""
        own = Stack.of(self).format_arn(
            service="elasticloadbalancing",
            resource="targetgroup",
            resource_name="*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        for node in self.function.node.find_all():
            if isinstance(node, lambda_.CfnPermission):
                node.source_arn = own
