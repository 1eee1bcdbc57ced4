"""What a service's role may do: a statement a purpose, each with exactly the code's calls."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from cdk.config import Environment
from cdk.config.parts import Nova
from cdk.data import JobsQueue
from cdk.reasons import acknowledge

_KEY_USE_TO_READ = ("kms:Decrypt", "kms:DescribeKey")
_KEY_USE_TO_WRITE = (
    *_KEY_USE_TO_READ,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""Amazon DynamoDB developer guide, "Authorizing use of your AWS KMS key", without its wildcards."""


@dataclass(frozen=True, kw_only=True)
class TableUse:
    """Calls that a service makes on a table.

    Attributes:
        table: Which one.
        actions: DynamoDB's actions, without the service's prefix.
        index: The index that is asked in place of the table, if one is.
    """

    table: dynamodb.ITable
    actions: Sequence[str]
    index: str | None = None

    @property
    def resource(self) -> str:
        """The ARN of what is asked."""
        arn = self.table.table_arn
        return arn if self.index is None else f"{arn}/index/{self.index}"

    @property
    def writes(self) -> bool:
        """Whether any of the calls changes an item."""
        return any(action.startswith(("Put", "Update", "Delete")) for action in self.actions)


def table_statements(
    scope: IConstruct, key: kms.IKey, uses: Sequence[TableUse]
) -> list[iam.PolicyStatement]:
    """The calls on tables, and the use of their key by DynamoDB on the service's behalf."""
    stack = Stack.of(scope)
    key_use = _KEY_USE_TO_WRITE if any(use.writes for use in uses) else _KEY_USE_TO_READ
    return [
        *(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in use.actions],
                resources=[use.resource],
            )
            for use in uses
        ),
        iam.PolicyStatement(
            actions=list(key_use),
            resources=[key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"dynamodb.{stack.region}.{stack.url_suffix}"}
            },
        ),
    ]


def queue_statements(
    scope: IConstruct, jobs: JobsQueue, actions: Sequence[str]
) -> list[iam.PolicyStatement]:
    """The calls on the jobs queue, and the use of its key by SQS on the service's behalf."""
    stack = Stack.of(scope)
    sends = "SendMessage" in actions
    return [
        iam.PolicyStatement(
            actions=[f"sqs:{action}" for action in actions], resources=[jobs.queue.queue_arn]
        ),
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"] if sends else ["kms:Decrypt"],
            resources=[jobs.key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"sqs.{stack.region}.{stack.url_suffix}"}
            },
        ),
    ]


TRANSCRIPTS, RECORDINGS = "transcripts/*", "recordings/*"
"""``services.common.calls.archive`` has the folders."""


def transcript_statements(
    scope: IConstruct, transcripts: s3.IBucket, key: kms.IKey
) -> list[iam.PolicyStatement]:
    """Writing what was said, and deleting a recording that its caller does not want.

    Nothing is read and nothing listed. S3 encrypts with a key of the bucket's own made from the
    data key, which to write takes GenerateDataKey (Amazon S3 user guide, "Reducing the cost of
    SSE-KMS with Amazon S3 Bucket Keys").
    """
    stack = Stack.of(scope)
    bucket = transcripts
    return [
        iam.PolicyStatement(
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(TRANSCRIPTS), bucket.arn_for_objects(RECORDINGS)],
        ),
        iam.PolicyStatement(
            actions=["s3:DeleteObject"], resources=[bucket.arn_for_objects(RECORDINGS)]
        ),
        iam.PolicyStatement(
            actions=["kms:GenerateDataKey"],
            resources=[key.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"s3.{stack.region}.{stack.url_suffix}"}
            },
        ),
    ]


def secret_statements(
    scope: IConstruct, config: Environment, names: Sequence[str]
) -> list[iam.PolicyStatement]:
    """Reading secrets from Parameter Store, by name.

    The account's own key, aws/ssm, lets whoever may read a parameter decrypt it; a key of the
    platform team's asks for a statement, which is good for these parameters only.
    """
    stack = Stack.of(scope)
    parameters = [
        stack.format_arn(
            service="ssm",
            resource="parameter",
            resource_name=f"{config.parameter_prefix.removeprefix('/')}/{name}",
        )
        for name in names
    ]
    statements = [iam.PolicyStatement(actions=["ssm:GetParameters"], resources=parameters)]
    if config.secrets.key_arn is not None:
        statements.append(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[config.secrets.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": f"ssm.{stack.region}.{stack.url_suffix}",
                        "kms:EncryptionContext:PARAMETER_ARN": parameters,
                    }
                },
            )
        )
    return statements


def protection_statement(scope: IConstruct, cluster: ecs.ICluster) -> iam.PolicyStatement:
    """Asking ECS not to stop a task, which the ECS agent does with the task's own role.

    A task's id is not known before it runs, so this is good for all of the cluster, which has our
    services alone.
    """
    return iam.PolicyStatement(
        actions=["ecs:UpdateTaskProtection"],
        resources=[
            Stack.of(scope).format_arn(
                service="ecs", resource="task", resource_name=f"{cluster.cluster_name}/*"
            )
        ],
    )


def accept_transcript_statements(scope: IConstruct, transcripts: s3.IBucket) -> None:
    """Acknowledges their wildcards, for the role of ``scope`` and for this bucket alone."""
    data = Stack.of(transcripts)
    name = data.resolve(data.export_value(transcripts.bucket_arn))["Fn::ImportValue"]
    for folder in (TRANSCRIPTS, RECORDINGS):
        files = f"{name}/{folder}"
        acknowledge(scope, {f"AwsSolutions-IAM5[Resource::{files}]": "Each call has its own."})


def accept_protection_statement(scope: IConstruct, cluster: ecs.ICluster) -> None:
    """Acknowledges its wildcard, for the role of ``scope`` and for this cluster alone."""
    stack = Stack.of(scope)
    made = cluster.node.default_child
    if not isinstance(made, ecs.CfnCluster):
        raise TypeError("the cluster is none of this stack's")
    tasks = stack.format_arn(
        service="ecs", resource="task", resource_name=f"<{stack.get_logical_id(made)}>/*"
    )
    acknowledge(
        scope,
        {f"AwsSolutions-IAM5[Resource::{tasks}]": "A task's id is not known before it runs."},
    )


def model_statement(scope: IConstruct, nova: Nova) -> iam.PolicyStatement:
    """Talking with the one model, in its Region.

    Bedrock's reference asks for InvokeModel where AWS's samples have the operation's own name.
    """
    return iam.PolicyStatement(
        actions=["bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream"],
        resources=[
            Stack.of(scope).format_arn(
                service="bedrock",
                region=nova.region,
                account="",
                resource="foundation-model",
                resource_name=nova.model,
                arn_format=ArnFormat.SLASH_RESOURCE_NAME,
            )
        ],
    )
