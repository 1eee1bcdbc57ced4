"""The bucket that AWS services write access and flow logs to."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AccessLogs(Construct):
    """Access logs of load balancers and buckets, and the network's flow logs.

    A load balancer's line holds the request's path: a ticket stands in it, which is good for one
    use within a minute.
    """

    def __init__(self, scope: Construct, id: str, *, days: int, removal: RemovalPolicy) -> None:
        """Makes a bucket that forgets after ``days``."""
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # Load balancers cannot write to a bucket that is encrypted with a key of our own.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=removal,
        )
