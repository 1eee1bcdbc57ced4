"""What is drawn: nodes in their places, and arrows."""

from dataclasses import dataclass, field
from enum import StrEnum


class Place(StrEnum):
    """Where a node stands."""

    OUTSIDE = "outside"
    PUBLIC = "public"
    PRIVATE = "private"
    FUNCTION = "function"
    USED = "used"
    CALLED = "called"
    KEPT = "kept"
    OPERATIONS = "operations"


class Kind(StrEnum):
    """What a node is; its value is what its icon says."""

    PEOPLE = "you"
    FIREWALL = "WAF"
    NAMES = "DNS"
    CERTIFICATE = "TLS"
    BALANCER = "ALB"
    FARGATE = "ECS"
    FUNCTION = "λ"
    MODEL = "AI"
    PARAMETERS = "SSM"
    OTHER = "AWS"
    TABLE = "DB"
    BUCKET = "S3"
    QUEUE = "SQS"
    KEY = "KMS"
    ALARM = "!"
    TOPIC = "SNS"
    DASHBOARD = "CW"
    LOG = "LOG"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A box.

    Attributes:
        key: What arrows name it by.
        place: Where it stands.
        kind: What it is.
        title: Its first line.
        lines: Smaller ones below.
        resources: Keys of the resources that it stands for; none for what is outside.
    """

    key: str
    place: Place
    kind: Kind
    title: str
    lines: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """A line from one box to another.

    Attributes:
        source: The key of the box that it leaves.
        target: The key of the box that it reaches.
        label: What goes along it.
        faint: Whether it is no traffic but a relation.
        resources: Keys of the resources that say so.
    """

    source: str
    target: str
    label: str = ""
    faint: bool = False
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """The whole picture.

    Attributes:
        title: What it shows.
        network: Lines about the VPC.
        network_resources: Keys of the resources that these lines stand for.
        nodes: The boxes.
        arrows: Between them.
    """

    title: str
    network: tuple[str, ...]
    network_resources: tuple[str, ...]
    nodes: tuple[Node, ...] = field(default=())
    arrows: tuple[Arrow, ...] = field(default=())
