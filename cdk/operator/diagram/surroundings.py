"""Network, edge, data and operations: everything around a call's way."""

from collections.abc import Iterator
from typing import Any

from cdk.operator.diagram.graph import Arrow, Kind, Node, Place
from cdk.operator.diagram.services import call_arrows
from cdk.operator.diagram.template import Architecture, Resource

_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_ALARM = "AWS::CloudWatch::Alarm"
_TOPIC = "AWS::SNS::Topic"
_LOG = "AWS::Logs::LogGroup"

_NETWORK = (
    "AWS::EC2::VPC",
    "AWS::EC2::Subnet",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPCEndpoint",
)

_DATA = {
    "AWS::DynamoDB::Table": (Kind.TABLE, "DynamoDB table"),
    "AWS::S3::Bucket": (Kind.BUCKET, "S3 bucket"),
    "AWS::KMS::Key": (Kind.KEY, "KMS key"),
    "AWS::SQS::Queue": (Kind.QUEUE, "SQS queue"),
}


def network_lines(found: Architecture) -> tuple[str, ...]:
    """The VPC in words."""
    (vpc,) = found.all("AWS::EC2::VPC")
    subnets = found.all("AWS::EC2::Subnet")
    zones = sorted({subnet.properties["AvailabilityZone"] for subnet in subnets})
    gateways = len(found.all("AWS::EC2::NatGateway"))
    lines = [
        f"VPC {vpc.properties['CidrBlock']} over {', '.join(zones)}",
        f"{gateways} NAT gateway{'s' if gateways > 1 else ''}",
    ]
    for kind in ("Gateway", "Interface"):
        names = sorted(
            _last_words(endpoint.properties["ServiceName"])
            for endpoint in found.all("AWS::EC2::VPCEndpoint")
            if endpoint.properties["VpcEndpointType"] == kind
        )
        if names:
            lines.append(f"{kind} endpoints: {', '.join(names)}")
    return tuple(lines)


def network_resources(found: Architecture) -> tuple[str, ...]:
    """What those words stand for."""
    return tuple(resource.key for resource in found.all(*_NETWORK))


def edge_nodes(found: Architecture) -> Iterator[Node]:
    """Firewall, names and certificate."""
    for acl in found.all("AWS::WAFv2::WebACL"):
        rules = len(acl.properties["Rules"])
        yield Node(
            key=acl.key,
            place=Place.OUTSIDE,
            kind=Kind.FIREWALL,
            title="Firewall",
            lines=(f"{rules} rules",),
            resources=(acl.key,),
        )
    records = found.all("AWS::Route53::RecordSet")
    if records:
        yield Node(
            key="names",
            place=Place.OUTSIDE,
            kind=Kind.NAMES,
            title="Route 53",
            lines=tuple(sorted({_record_kinds(record, records) for record in records})),
            resources=tuple(record.key for record in records),
        )
    for certificate in found.all("AWS::CertificateManager::Certificate"):
        yield Node(
            key=certificate.key,
            place=Place.OUTSIDE,
            kind=Kind.CERTIFICATE,
            title="Certificate",
            lines=("validated by DNS",),
            resources=(certificate.key,),
        )


def edge_arrows(found: Architecture) -> Iterator[Arrow]:
    """What guards, names and identifies each load balancer."""
    for guard in found.all("AWS::WAFv2::WebACLAssociation"):
        (acl,) = found.named(guard, guard.properties["WebACLArn"])
        (balancer,) = found.named(guard, guard.properties["ResourceArn"])
        yield _faint(acl.key, balancer, guard)
    for balancer in found.all(_BALANCER):
        for record in found.all("AWS::Route53::RecordSet"):
            if record.properties["Type"] == "A" and balancer in found.named(
                record, record.properties.get("AliasTarget")
            ):
                yield _faint("names", balancer, record)
    for listener in found.all("AWS::ElasticLoadBalancingV2::Listener"):
        (balancer,) = found.named(listener, listener.properties["LoadBalancerArn"])
        for certificate in found.named(listener, listener.properties.get("Certificates")):
            yield _faint(certificate.key, balancer, listener)


def data_nodes(found: Architecture) -> Iterator[Node]:
    """Whatever keeps something, and the key."""
    called = {arrow.target for arrow in call_arrows(found)}
    for resource in sorted(found.all(*_DATA), key=_data_order):
        kind, what = _DATA[resource.type]
        yield Node(
            key=resource.key,
            place=Place.CALLED if resource.key in called else Place.KEPT,
            kind=kind,
            title=resource.words,
            lines=tuple(_data_lines(found, resource, what)),
            resources=(resource.key,),
        )


def _data_order(resource: Resource) -> tuple[int, bool]:
    """By type, and a queue before the one that its dead letters go to."""
    return list(_DATA).index(resource.type), "RedrivePolicy" not in resource.properties


def data_arrows(found: Architecture) -> Iterator[Arrow]:
    """Where a queue puts what nobody could serve."""
    for queue in found.all("AWS::SQS::Queue"):
        for letters in found.named(queue, queue.properties.get("RedrivePolicy")):
            yield Arrow(source=queue.key, target=letters.key, faint=True, resources=(queue.key,))


def operations_nodes(found: Architecture) -> Iterator[Node]:
    """Alarms, topic, dashboard and logs."""
    alarms = found.all(_ALARM)
    if alarms:
        yield _counted("alarms", Kind.ALARM, alarms, "alarm", "CloudWatch")
    for topic in found.all(_TOPIC):
        mails = topic.properties.get("Subscription", found.all("AWS::SNS::Subscription"))
        yield Node(
            key=topic.key,
            place=Place.OPERATIONS,
            kind=Kind.TOPIC,
            title=topic.words,
            lines=(f"{len(mails)} subscribed" if mails else "nobody subscribed",),
            resources=(topic.key,),
        )
    for dashboard in found.all("AWS::CloudWatch::Dashboard"):
        yield Node(
            key=dashboard.key,
            place=Place.OPERATIONS,
            kind=Kind.DASHBOARD,
            title="Dashboard",
            lines=(dashboard.properties["DashboardName"],),
            resources=(dashboard.key,),
        )
    groups = found.all(_LOG)
    if groups:
        days = sorted({group.properties["RetentionInDays"] for group in groups})
        kept = f"kept for {', '.join(map(str, days))} days"
        yield _counted("logs", Kind.LOG, groups, "log group", kept)


def operations_arrows(found: Architecture) -> Iterator[Arrow]:
    """Which topic the alarms go to that are for people; others move the number of tasks."""
    told: dict[str, list[str]] = {}
    for alarm in found.all(_ALARM):
        for target in found.named(alarm, alarm.properties.get("AlarmActions")):
            if target.type == _TOPIC:
                told.setdefault(target.key, []).append(alarm.key)
    for topic_key, alarms in told.items():
        yield Arrow(source="alarms", target=topic_key, resources=tuple(alarms))


def _data_lines(found: Architecture, resource: Resource, what: str) -> Iterator[str]:
    keys = [
        key
        for key in found.named(resource, resource.properties)
        if key.type == "AWS::KMS::Key" and resource.type != key.type
    ]
    yield what + (", own key" if keys else "")
    if resource.type == "AWS::KMS::Key":
        users = [
            user
            for user in found.all(*_DATA, _TOPIC)
            if user is not resource and resource in found.named(user, user.properties)
        ]
        yield f"encrypts {len(users)} of the others"
    writers = [
        writer
        for writer in found.all(_BALANCER, "AWS::EC2::FlowLog", "AWS::S3::Bucket")
        if writer is not resource and resource in found.named(writer, writer.properties)
    ]
    if resource.type == "AWS::S3::Bucket" and writers:
        yield f"logs of {', '.join(_logs_of(writers))}"


def _logs_of(writers: list[Resource]) -> list[str]:
    words = {
        _BALANCER: "load balancers",
        "AWS::S3::Bucket": "buckets",
        "AWS::EC2::FlowLog": "VPC",
    }
    return list(dict.fromkeys(words[writer.type] for writer in writers))


def _counted(key: str, kind: Kind, found: list[Resource], word: str, line: str) -> Node:
    return Node(
        key=key,
        place=Place.OPERATIONS,
        kind=kind,
        title=f"{len(found)} {word}{'s' if len(found) > 1 else ''}",
        lines=(line,),
        resources=tuple(resource.key for resource in found),
    )


def _faint(source: str, balancer: Resource, because: Resource) -> Arrow:
    return Arrow(source=source, target=balancer.key, faint=True, resources=(because.key,))


def _record_kinds(record: Resource, records: list[Resource]) -> str:
    name = record.properties["Name"]
    kinds = sorted({one.properties["Type"] for one in records if one.properties["Name"] == name})
    return f"{', '.join(kinds)}: {name.split('.')[0]}"


def _last_words(service_name: Any) -> str:  # noqa: ANN401 - a string, or parts to join
    """``bedrock-runtime`` of ``com.amazonaws.us-east-1.bedrock-runtime``."""
    if isinstance(service_name, dict):
        parts = service_name["Fn::Join"][1]
        return str(parts[-1]).lstrip(".")
    return ".".join(service_name.split(".")[3:])
