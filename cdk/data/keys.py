"""The key that everything callers leave behind is encrypted with."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class DataKey(Construct):
    """A KMS key, rotated every year."""

    def __init__(self, scope: Construct, id: str, *, alias: str, removal: RemovalPolicy) -> None:
        """Makes the key and its alias."""
        super().__init__(scope, id)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{alias}",
            description="Session records, orders, transcripts, jobs and alarms of voice agents",
            enable_key_rotation=True,
            removal_policy=removal,
        )
        # An alarm publishes to an encrypted topic by itself, without any role.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
