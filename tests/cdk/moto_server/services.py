"""What `cdk.services` makes: roles, task definitions, services, their number, the function."""

from functools import partial

from tests.cdk.moto_server.api import call
from tests.cdk.moto_server.teaching import Made, Properties, teach, value_of

_TARGET = ("ResourceId", "ScalableDimension", "ServiceNamespace")


@teach("AWS::IAM::Role")
def _role(name: str, given: Properties) -> Made:
    policies = given.pop("Policies", [])
    # moto has none of AWS's own policies. Of our roles none has one.
    given.pop("ManagedPolicyArns", None)
    given = {"RoleName": name[-64:].lstrip("-"), **given}
    made = call("iam", "CreateRole", **given)["Role"]
    which = {"RoleName": made["RoleName"]}
    for policy in policies:
        call("iam", "PutRolePolicy", **which, **policy)

    def undo() -> None:
        for name in call("iam", "ListRolePolicies", **which)["PolicyNames"]:
            call("iam", "DeleteRolePolicy", PolicyName=name, **which)
        call("iam", "DeleteRole", **which)

    return Made(
        physical_resource_id=made["RoleName"],
        attributes={"Arn": value_of(made["Arn"]), "RoleId": value_of(made["RoleId"])},
        undo=undo,
    )


@teach("AWS::IAM::Policy")
def _policy(name: str, given: Properties) -> Made:
    """Goes with its roles."""
    for role in given.pop("Roles"):
        call("iam", "PutRolePolicy", RoleName=role, **given)
    return Made(physical_resource_id=name)


@teach("AWS::ECS::TaskDefinition")
def _task_definition(name: str, given: Properties) -> Made:
    arn = call("ecs", "RegisterTaskDefinition", **given)["taskDefinition"]["taskDefinitionArn"]
    return Made(
        physical_resource_id=arn,
        attributes={"TaskDefinitionArn": value_of(arn)},
        undo=partial(call, "ecs", "DeregisterTaskDefinition", taskDefinition=arn),
    )


@teach("AWS::ECS::Service")
def _service(name: str, given: Properties) -> Made:
    # What CloudFormation begins with where a template says nothing.
    given = {"ServiceName": name, "DesiredCount": 1, **given}
    arn = call("ecs", "CreateService", **given)["service"]["serviceArn"]
    which = {"service": arn, "cluster": given["Cluster"]}
    return Made(
        physical_resource_id=arn,
        attributes={"Name": value_of(given["ServiceName"]), "ServiceArn": value_of(arn)},
        undo=partial(call, "ecs", "DeleteService", force=True, **which),
    )


@teach("AWS::Lambda::Function")
def _function(name: str, given: Properties) -> Made:
    # Of a name that is too long CloudFormation keeps the end, which tells stacks apart.
    given = {"FunctionName": name[-64:].lstrip("-"), **given}
    arn = call("lambda", "CreateFunction", **given)["FunctionArn"]
    return Made(
        physical_resource_id=given["FunctionName"],
        attributes={"Arn": value_of(arn)},
        undo=partial(call, "lambda", "DeleteFunction", FunctionName=arn),
    )


@teach("AWS::ApplicationAutoScaling::ScalableTarget")
def _scalable_target(name: str, given: Properties) -> Made:
    call("application-autoscaling", "RegisterScalableTarget", **given)
    which = {key: given[key] for key in _TARGET}
    return Made(
        physical_resource_id="|".join(which.values()),
        undo=partial(call, "application-autoscaling", "DeregisterScalableTarget", **which),
    )


@teach("AWS::ApplicationAutoScaling::ScalingPolicy")
def _scaling_policy(name: str, given: Properties) -> Made:
    which = dict(zip(_TARGET, given.pop("ScalingTargetId").split("|"), strict=True))
    made = call("application-autoscaling", "PutScalingPolicy", **given, **which)
    which["PolicyName"] = given["PolicyName"]
    return Made(
        physical_resource_id=made["PolicyARN"],
        undo=partial(call, "application-autoscaling", "DeleteScalingPolicy", **which),
    )
