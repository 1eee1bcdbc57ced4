"""What the stand-in for AWS holds when a laptop starts: tables, secrets and demo orders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from services.common.sessions import table_definition

# moto is on this machine: no proxy leads there.
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard"}, proxies={})
# Whoever runs this may have any AWS profile, sound or not: none of it is read.
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def seed(
    *,
    endpoint_url: str,
    region: str,
    sessions_table: str,
    orders_table: str,
    transcripts_bucket: str = "voice-transcripts",
    parameter_prefix: str,
    secrets: Mapping[str, str],
) -> None:
    """Create what the CDK stacks create on AWS, then the demo orders.

    Args:
        endpoint_url: Where moto answers, such as `http://127.0.0.1:5000`.
        region: The region that the services are set to.
        sessions_table: Name of the session records' table.
        orders_table: Name of the orders' table.
        transcripts_bucket: Name of the bucket of transcripts and recordings.
        parameter_prefix: Path that the secrets are stored below, such as `/voice-agents/local`.
        secrets: Parameter name to value, stored as SecureStrings.
    """
    session = boto3.Session(botocore_session=botocore.session.Session(_NO_FILES))

    def client(service: str) -> Any:  # noqa: ANN401  boto3 builds its clients at run time
        return session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106  moto takes any
            config=_CONFIG,
        )

    dynamodb = client("dynamodb")
    dynamodb.create_table(**table_definition(sessions_table))
    dynamodb.create_table(**orders_definition(orders_table))
    for order in demo_orders(datetime.now(UTC).date()):
        dynamodb.put_item(TableName=orders_table, Item=order)
    client("s3").create_bucket(
        Bucket=transcripts_bucket,
        **({} if region == "us-east-1" else _in(region)),
    )
    parameters = client("ssm")
    for name, value in secrets.items():
        parameters.put_parameter(
            Name=f"{parameter_prefix}/{name}", Value=value, Type="SecureString"
        )


def _in(region: str) -> dict[str, Any]:
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def orders_definition(name: str) -> dict[str, Any]:
    """What `create_table` makes the orders' table of."""
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "order_number", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": key, "AttributeType": "S"}
            for key in ("order_number", "email", "ordered_on")
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "email",
                "KeySchema": [
                    {"AttributeName": "email", "KeyType": "HASH"},
                    {"AttributeName": "ordered_on", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


def demo_orders(today: date) -> list[dict[str, Any]]:
    """The demo orders as DynamoDB items, their dates set around `today`."""

    def order(
        number: str, status: str, items: list[str], days: int, carrier: str | None, email: str
    ) -> dict[str, Any]:
        item: dict[str, Any] = {
            "order_number": {"S": number},
            "status": {"S": status},
            "items": {"L": [{"S": name} for name in items]},
            "delivery_date": {"S": (today + timedelta(days=days)).isoformat()},
            "email": {"S": email},
            "ordered_on": {"S": (today + timedelta(days=days - 7)).isoformat()},
        }
        if carrier:
            item["carrier"] = {"S": carrier}
        return item

    anna, ben = "anna@example.com", "ben@example.com"
    return [
        order("4217", "shipped", ["blue kettle"], 2, "Northwind Parcel", anna),
        order("1138", "delivered", ["reading lamp", "light bulbs"], -3, "Northwind Parcel", anna),
        order("9042", "processing", ["walking boots"], 6, None, ben),
        order("3605", "out for delivery", ["box of green tea"], 0, "Citybike Couriers", ben),
        order("7781", "cancelled", ["garden chair"], 0, None, ben),
    ]
