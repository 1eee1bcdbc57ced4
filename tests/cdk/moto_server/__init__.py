"""moto as an account that the CDK's command line can deploy to, in a process of its own.

`api` calls moto the way boto3 calls AWS, `teaching` makes that a type of CloudFormation, the
modules named like folders of `cdk` hold the types, `repairs` puts right how moto reads templates,
and `permissions` refuses what a role's policies do not allow.
"""
