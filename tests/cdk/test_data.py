"""What outlives a deployment."""

from cdk.config.drain import Drain
from local.seed import orders_definition
from services.bot.tools.orders import EMAIL_INDEX
from services.common.jobs import LONGEST_WAIT_SECONDS
from services.common.records import TTL_ATTRIBUTE, table_definition
from tests.cdk.templates import Templates


def test_the_sessions_table_has_the_keys_that_the_code_writes(templates: Templates) -> None:
    table = templates.one("AWS::DynamoDB::Table", "RecordsSessions")
    wanted = table_definition("any")
    assert table["KeySchema"] == wanted["KeySchema"]
    assert table["AttributeDefinitions"] == wanted["AttributeDefinitions"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}


def test_the_orders_table_is_keyed_by_order_number(templates: Templates) -> None:
    table = templates.one("AWS::DynamoDB::Table", "RecordsOrders")
    wanted = orders_definition("any")
    for part in ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"):
        assert table[part] == wanted[part]
    assert table["GlobalSecondaryIndexes"][0]["IndexName"] == EMAIL_INDEX


def test_tables_are_encrypted_with_the_key_and_can_be_restored(templates: Templates) -> None:
    for table in templates.all("AWS::DynamoDB::Table").values():
        properties = table["Properties"]
        assert properties["SSESpecification"]["KMSMasterKeyId"]["Fn::GetAtt"][0].startswith("Key")
        restore = properties["PointInTimeRecoverySpecification"]
        assert restore["PointInTimeRecoveryEnabled"] is True
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_a_job_comes_back_after_its_lease_and_dies_after_three_bots(templates: Templates) -> None:
    queue = templates.one("AWS::SQS::Queue", "JobsQueue")
    assert queue["VisibilityTimeout"] == 15
    assert templates.environment("bot")["LEASE_SECONDS"] == "15"
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    three_bots = 3 * (Drain.model_fields["longest_call_seconds"].metadata[1].le + 600)
    assert queue["MessageRetentionPeriod"] > three_bots
    assert queue["ReceiveMessageWaitTimeSeconds"] == LONGEST_WAIT_SECONDS
    assert all(
        "KmsMasterKeyId" in q["Properties"] for q in templates.all("AWS::SQS::Queue").values()
    )


def test_transcripts_are_encrypted_with_the_key_logged_and_forgotten(large: Templates) -> None:
    bucket = large.one("AWS::S3::Bucket", "Transcripts")
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "LoggingConfiguration" in bucket
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90


def test_the_key_is_rotated(templates: Templates) -> None:
    assert templates.one("AWS::KMS::Key")["EnableKeyRotation"] is True
