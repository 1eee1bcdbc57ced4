"""Tables, key, queue, buckets and logs, as the code and the file want them."""

import json
from datetime import UTC, datetime

import pytest

from local.seed import demo_orders
from services.common.records import TTL_ATTRIBUTE
from services.common.sessions import table_definition
from tests.cdk.deploy.place import Place

pytestmark = pytest.mark.xdist_group("deploy")


def data_key(place: Place) -> str:
    """The key, by the name that people find it by."""
    alias = f"alias/{place.config.prefix}-data"
    found = place.cloud.client("kms").describe_key(KeyId=alias)["KeyMetadata"]
    return str(found["Arn"])


def test_the_sessions_table_is_the_one_that_the_code_defines(place: Place) -> None:
    names = {place.told(service)["SESSIONS_TABLE"] for service in ("server", "bot")}
    assert len(names) == 1
    dynamodb = place.cloud.client("dynamodb")
    table = dynamodb.describe_table(TableName=names.copy().pop())["Table"]
    wanted = table_definition("sessions")
    for part in ("KeySchema", "AttributeDefinitions"):
        assert sorted(table[part], key=str) == sorted(wanted[part], key=str)
    lifetime = dynamodb.describe_time_to_live(TableName=names.pop())["TimeToLiveDescription"]
    assert lifetime == {"TimeToLiveStatus": "ENABLED", "AttributeName": TTL_ATTRIBUTE}


def test_the_orders_table_takes_the_demonstrations_orders(place: Place) -> None:
    dynamodb, name = place.cloud.client("dynamodb"), place.told("bot")["ORDERS_TABLE"]
    orders = demo_orders(datetime.now(UTC).date())
    for order in orders:
        dynamodb.put_item(TableName=name, Item=order)
    assert dynamodb.scan(TableName=name)["Count"] == len(orders)


def test_tables_are_encrypted_restorable_and_protected_as_the_file_says(place: Place) -> None:
    dynamodb = place.cloud.client("dynamodb")
    tables = place.ids("AWS::DynamoDB::Table")
    assert {place.told("bot")[name] for name in ("SESSIONS_TABLE", "ORDERS_TABLE")} <= set(tables)
    for name in tables:
        table = dynamodb.describe_table(TableName=name)["Table"]
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSEDescription"]["KMSMasterKeyArn"] == data_key(place)
        assert table["DeletionProtectionEnabled"] is place.config.protected
        backups = dynamodb.describe_continuous_backups(TableName=name)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_the_key_is_rotated_and_belongs_to_the_account(place: Place) -> None:
    kms, key = place.cloud.client("kms"), data_key(place)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    owners = [s for s in policy["Statement"] if s["Action"] == "kms:*"]
    assert [s["Principal"] for s in owners] == [{"AWS": "arn:aws:iam::123456789012:root"}]


def test_a_job_that_nobody_can_serve_ends_in_a_queue_of_its_own(place: Place) -> None:
    sqs = place.cloud.client("sqs")
    queues = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for url in place.ids("AWS::SQS::Queue")
    }
    (jobs,) = [found for found in queues.values() if "RedrivePolicy" in found]
    redrive = json.loads(jobs["RedrivePolicy"])
    (dead_letters,) = [
        q for q in queues.values() if q["QueueArn"] == redrive["deadLetterTargetArn"]
    ]
    assert int(redrive["maxReceiveCount"]) >= 2
    assert int(jobs["VisibilityTimeout"]) == place.config.drain.lease_seconds
    assert int(dead_letters["MessageRetentionPeriod"]) > int(jobs["MessageRetentionPeriod"])
    for queue in (jobs, dead_letters):
        assert queue["KmsMasterKeyId"] == data_key(place)
        (statement,) = json.loads(queue["Policy"])["Statement"]
        assert (statement["Effect"], statement["Resource"]) == ("Deny", queue["QueueArn"])


def test_transcripts_are_encrypted_with_the_key_and_every_bucket_is(place: Place) -> None:
    s3 = place.cloud.client("s3")
    used = {}
    for bucket in place.ids("AWS::S3::Bucket"):
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"][
            "Rules"
        ]
        used[bucket] = rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
    assert len(used) == 2
    (transcripts,) = [bucket for bucket, key in used.items() if key is not None]
    assert used[transcripts] == data_key(place)


def test_logs_are_kept_for_as_long_as_the_file_says(place: Place) -> None:
    found = {
        group["logGroupName"]: group.get("retentionInDays")
        for group in place.cloud.client("logs").describe_log_groups()["logGroups"]
    }
    groups = place.ids("AWS::Logs::LogGroup")
    assert {found[name] for name in groups} == {place.config.operations.log_days}
    for service in place.services:
        options = place.container(service)["logConfiguration"]["options"]
        assert options["awslogs-group"] in groups
        assert options["awslogs-region"] == place.config.region
