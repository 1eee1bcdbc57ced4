"""The bucket for what was said."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class TranscriptsProps:
    """What the bucket needs.

    Attributes:
        key: What it is encrypted with.
        logs: Where its access logs go.
        days: After how many days it forgets.
        removal: What becomes of it when its stack is deleted.
    """

    key: kms.IKey
    logs: s3.IBucket
    days: int
    removal: RemovalPolicy


class Transcripts(Construct):
    """Transcripts of calls. Without versions: what is deleted is gone."""

    def __init__(self, scope: Construct, id: str, *, props: TranscriptsProps) -> None:
        """Makes the bucket."""
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=props.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            server_access_logs_bucket=props.logs,
            server_access_logs_prefix="transcripts/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(props.days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=props.removal,
        )
