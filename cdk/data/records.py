"""The tables."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

EMAIL_INDEX = "email"
"""Of the orders: ``services.bot.tools.orders``."""


@dataclass(frozen=True, kw_only=True)
class RecordsProps:
    """What the tables need.

    Attributes:
        key: What they are encrypted with.
        protected: Whether they refuse to be deleted.
    """

    key: kms.IKey
    protected: bool


class Records(Construct):
    """Session records, and the shop's orders that the demonstration's agent looks up."""

    def __init__(self, scope: Construct, id: str, *, props: RecordsProps) -> None:
        """Makes the tables."""
        super().__init__(scope, id)
        self.key = props.key
        self.sessions = self._table(
            "Sessions", props, key="session_id", sort="item", time_to_live="expires_at"
        )
        self.orders = self._table("Orders", props, key="order_number")
        text = dynamodb.AttributeType.STRING
        self.orders.add_global_secondary_index(
            index_name=EMAIL_INDEX,
            partition_key=dynamodb.Attribute(name="email", type=text),
            sort_key=dynamodb.Attribute(name="ordered_on", type=text),
        )

    def _table(
        self,
        id: str,
        props: RecordsProps,
        *,
        key: str,
        sort: str | None = None,
        time_to_live: str | None = None,
    ) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        return dynamodb.Table(
            self,
            id,
            partition_key=dynamodb.Attribute(name=key, type=text),
            sort_key=dynamodb.Attribute(name=sort, type=text) if sort else None,
            time_to_live_attribute=time_to_live,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=props.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=props.protected,
            removal_policy=RemovalPolicy.RETAIN if props.protected else RemovalPolicy.DESTROY,
        )
