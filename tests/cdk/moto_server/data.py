"""What `cdk.data` makes: tables and their key, and policies of buckets and queues."""

from functools import partial

from tests.cdk.moto_server.api import call
from tests.cdk.moto_server.teaching import Made, Properties, teach, value_of


@teach("AWS::KMS::Key")
def _key(name: str, given: Properties) -> Made:
    rotated = given.pop("EnableKeyRotation", False)
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in given.pop("Tags", [])]
    made = call("kms", "CreateKey", Policy=given.pop("KeyPolicy"), Tags=tags, **given)
    id, arn = made["KeyMetadata"]["KeyId"], made["KeyMetadata"]["Arn"]
    if rotated:
        call("kms", "EnableKeyRotation", KeyId=id)
    return Made(
        physical_resource_id=id,
        attributes={"Arn": value_of(arn), "KeyId": value_of(id)},
        undo=partial(call, "kms", "ScheduleKeyDeletion", KeyId=id),
    )


@teach("AWS::DynamoDB::Table")
def _table(name: str, given: Properties) -> Made:
    lifetime = given.pop("TimeToLiveSpecification", None)
    recovery = given.pop("PointInTimeRecoverySpecification", None)
    if "SSESpecification" in given:
        encryption = dict(given["SSESpecification"])
        given["SSESpecification"] = {"Enabled": encryption.pop("SSEEnabled"), **encryption}
    arn = call("dynamodb", "CreateTable", TableName=name, **given)["TableDescription"]["TableArn"]
    if lifetime:
        call("dynamodb", "UpdateTimeToLive", TableName=name, TimeToLiveSpecification=lifetime)
    if recovery:
        call(
            "dynamodb",
            "UpdateContinuousBackups",
            TableName=name,
            PointInTimeRecoverySpecification=recovery,
        )
    return Made(
        physical_resource_id=name,
        attributes={"Arn": value_of(arn)},
        undo=partial(call, "dynamodb", "DeleteTable", TableName=name),
    )


@teach("AWS::S3::BucketPolicy")
def _bucket_policy(name: str, given: Properties) -> Made:
    """Without the demand for TLS: moto judges no conditions, and would refuse everybody."""
    document = dict(given["PolicyDocument"])
    document["Statement"] = [
        statement
        for statement in document["Statement"]
        if "aws:SecureTransport" not in statement.get("Condition", {}).get("Bool", {})
    ]
    call("s3", "PutBucketPolicy", Bucket=given["Bucket"], Policy=document)
    return Made(physical_resource_id=name)


@teach("AWS::SQS::QueuePolicy")
def _queue_policy(name: str, given: Properties) -> Made:
    for url in given["Queues"]:
        policy = {"Policy": given["PolicyDocument"]}
        call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes=policy)
    return Made(physical_resource_id=name)
