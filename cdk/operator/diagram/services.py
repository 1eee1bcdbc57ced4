"""Load balancers, what is behind them, and what that may call: the arrows of a call."""

from collections.abc import Iterator
from typing import Any

from cdk.operator.diagram.graph import Arrow, Kind, Node, Place
from cdk.operator.diagram.template import Architecture, Resource

CALLERS = "callers"

_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
_SERVICE = "AWS::ECS::Service"
_FUNCTION = "AWS::Lambda::Function"
_RECORD = "AWS::Route53::RecordSet"

_UNDRAWN_CALLS = ("ecr", "ecs", "kms", "logs")
"""Pulling the image, asking to be left running, decrypting what is read, and writing logs: what a
service does for itself, and not for a call."""

_READING = ("BatchGet", "ConditionCheck", "Describe", "Get", "List", "Query", "Receive", "Scan")
_WRITING = ("Delete", "Put", "Send", "Update")


def balancer_nodes(found: Architecture) -> Iterator[Node]:
    """Each load balancer, by the name that people know it by."""
    for balancer in found.all(_BALANCER):
        names = {record.properties["Name"].rstrip(".") for record in _records(found, balancer)}
        listeners = [
            listener
            for listener in found.all(_LISTENER)
            if balancer in found.named(listener, listener.properties["LoadBalancerArn"])
        ]
        ports = [f"{one.properties['Protocol']} {one.properties['Port']}" for one in listeners]
        zones = len(balancer.properties["Subnets"])
        yield Node(
            key=balancer.key,
            place=Place.PUBLIC,
            kind=Kind.BALANCER,
            title=", ".join(sorted(names)) or balancer.words,
            lines=(f"{', '.join(ports)}, in {zones} zones", balancer.properties["Scheme"]),
            resources=(balancer.key, *(listener.key for listener in listeners)),
        )


def caller_arrows(found: Architecture) -> Iterator[Arrow]:
    """From the Internet to whatever a security group opens to everybody."""
    for balancer in found.all(_BALANCER):
        for group in found.named(balancer, balancer.properties["SecurityGroups"]):
            open_ports = {
                rule["FromPort"]
                for rule in group.properties.get("SecurityGroupIngress", ())
                if rule.get("CidrIp") == "0.0.0.0/0" or rule.get("CidrIpv6") == "::/0"
            }
            for port in sorted(open_ports):
                yield Arrow(
                    source=CALLERS, target=balancer.key, label=str(port), resources=(group.key,)
                )


def compute_nodes(found: Architecture) -> Iterator[Node]:
    """Fargate services and functions."""
    for service in found.all(_SERVICE):
        (task,) = found.named(service, service.properties["TaskDefinition"])
        size = task.properties
        platform = size["RuntimePlatform"]["CpuArchitecture"].lower()
        targets = [
            target
            for target in found.all("AWS::ApplicationAutoScaling::ScalableTarget")
            if service in found.named(target, target.properties["ResourceId"])
        ]
        yield Node(
            key=service.key,
            place=Place.PRIVATE,
            kind=Kind.FARGATE,
            title=size["ContainerDefinitions"][0]["Name"].capitalize(),
            lines=(
                f"{int(size['Cpu']) / 1024:g} vCPU, {size['Memory']} MiB, {platform}",
                *(f"Fargate, {_bounds(one.properties)}" for one in targets),
            ),
            resources=(service.key, task.key),
        )
    for function in found.all(_FUNCTION):
        size = function.properties
        yield Node(
            key=function.key,
            place=Place.FUNCTION,
            kind=Kind.FUNCTION,
            title=size.get("Description", function.words),
            lines=(f"Lambda, {size['Architectures'][0]}, {size['MemorySize']} MiB",),
            resources=(function.key,),
        )


def balancer_arrows(found: Architecture) -> Iterator[Arrow]:
    """From each load balancer, by its rules and its default, to what is behind it."""
    for listener in found.all(_LISTENER):
        (balancer,) = found.named(listener, listener.properties["LoadBalancerArn"])
        rules = [
            rule
            for rule in found.all(_RULE)
            if listener in found.named(rule, rule.properties["ListenerArn"])
        ]
        rest = "other paths" if rules else "all paths"
        yield from _forwards(found, balancer, listener, listener.properties["DefaultActions"], rest)
        for rule in rules:
            paths = [
                path
                for condition in rule.properties["Conditions"]
                for path in condition.get("PathPatternConfig", {}).get("Values", ())
            ]
            actions = rule.properties["Actions"]
            yield from _forwards(found, balancer, rule, actions, " ".join(paths))


def call_arrows(found: Architecture) -> Iterator[Arrow]:
    """From each service to what its role may call."""
    for caller, policy, statement in _statements(found):
        actions = _as_list(statement["Action"])
        if actions[0].split(":")[0] in _UNDRAWN_CALLS:
            continue
        if "/index/" in str(statement["Resource"]):
            continue  # the arrow to its table is drawn
        owned = found.named(policy, statement["Resource"])
        others = {outside_key(arn) for arn in _arns(statement)}
        for target in [*(resource.key for resource in owned), *sorted(others)]:
            yield Arrow(
                source=caller.key, target=target, label=_verbs(actions), resources=(policy.key,)
            )


def outside_nodes(found: Architecture) -> Iterator[Node]:
    """What roles may call that no template makes: the model, and the secrets."""
    arns: dict[str, list[str]] = {}
    for _, _, statement in _statements(found):
        if _as_list(statement["Action"])[0].split(":")[0] not in _UNDRAWN_CALLS:
            for arn in _arns(statement):
                known = arns.setdefault(outside_key(arn), [])
                known += [arn] if arn not in known else []
    for key, all_of_it in arns.items():
        service, _, region = key.partition(" ")
        names = tuple(arn.split(":", 5)[5] for arn in all_of_it)
        if service == "ssm":
            prefix = names[0].removeprefix("parameter").rsplit("/", 1)[0]
            short = tuple(sorted(name.rsplit("/", 1)[1] for name in names))
            yield Node(
                key=key,
                place=Place.USED,
                kind=Kind.PARAMETERS,
                title="Parameter Store",
                lines=(f"SecureStrings in {prefix}", *short),
            )
        elif service == "bedrock":
            models = tuple(name.rsplit("/", 1)[1] for name in names)
            yield Node(
                key=key,
                place=Place.USED,
                kind=Kind.MODEL,
                title="Amazon Bedrock",
                lines=(*models, region),
            )
        else:
            yield Node(key=key, place=Place.USED, kind=Kind.OTHER, title=service, lines=names)


def outside_key(arn: str) -> str:
    """What stands for an ARN: its service and Region."""
    _, _, service, region, _ = arn.split(":", 5)[:5]
    return f"{service} {region}"


def _bounds(target: dict[str, Any]) -> str:
    least, most = target["MinCapacity"], target["MaxCapacity"]
    if least == most:
        return f"{most} task{'s' if most > 1 else ''}"
    return f"{least} to {most} tasks"


def _records(found: Architecture, balancer: Resource) -> list[Resource]:
    return [
        record
        for record in found.all(_RECORD)
        if balancer in found.named(record, record.properties.get("AliasTarget"))
    ]


def _forwards(
    found: Architecture, balancer: Resource, owner: Resource, actions: list[Any], paths: str
) -> Iterator[Arrow]:
    for group in found.named(owner, actions):
        port = group.properties.get("Port")
        health = group.properties.get("HealthCheckPort")
        label = paths + (f" :{port}" if port else "")
        if port and health and health != str(port):
            label += f", health :{health}"
        for target in _behind(found, group):
            yield Arrow(
                source=balancer.key,
                target=target.key,
                label=label,
                resources=(owner.key, group.key),
            )


def _behind(found: Architecture, group: Resource) -> Iterator[Resource]:
    for service in found.all(_SERVICE):
        if group in found.named(service, service.properties.get("LoadBalancers")):
            yield service
    for target in found.named(group, group.properties.get("Targets")):
        if target.type == _FUNCTION:
            yield target


def _statements(found: Architecture) -> Iterator[tuple[Resource, Resource, dict[str, Any]]]:
    """Who may do something, the policy, and its statement."""
    for policy in found.all("AWS::IAM::Policy"):
        roles = found.named(policy, policy.properties["Roles"])
        for caller in found.all(_SERVICE, _FUNCTION):
            if _role(found, caller) in roles:
                for statement in policy.properties["PolicyDocument"]["Statement"]:
                    yield caller, policy, statement


def _role(found: Architecture, caller: Resource) -> Resource | None:
    if caller.type == _FUNCTION:
        roles = found.named(caller, caller.properties["Role"])
    else:
        (task,) = found.named(caller, caller.properties["TaskDefinition"])
        roles = found.named(task, task.properties.get("TaskRoleArn"))
    return roles[0] if roles else None


def _arns(statement: dict[str, Any]) -> list[str]:
    return [one for one in _as_list(statement["Resource"]) if isinstance(one, str) and ":" in one]


def _verbs(actions: list[str]) -> str:
    names = [action.split(":")[1] for action in actions]
    reads = any(name.startswith(_READING) for name in names)
    writes = any(name.startswith(_WRITING) for name in names)
    if reads or writes:
        return " and ".join(["reads"] * reads + ["writes"] * writes)
    return "talks" if any("Stream" in name for name in names) else ", ".join(names)


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a template's value
    return value if isinstance(value, list) else [value]
