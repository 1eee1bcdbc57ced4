"""The tables of an environment's file, one model each. Numbers carry their unit in the key."""

import ipaddress
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from cdk.config.errors import WrongKeyError
from cdk.config.fargate import Architecture, TaskSize
from cdk.config.nova import MODELS

InterfaceEndpoint = Literal["bedrock-runtime", "ecr", "logs", "sqs", "ssm"]
Transport = Literal["websocket", "daily"]
DailyGeo = Literal[
    "af-south-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "eu-central-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
]
"""Regions with media servers of Daily's: ``services.server.settings.DailyGeo``."""

_SESSION_CPU_UNITS = 70
"""Of one call: 6.8 % of a core, measured with 20 ms frames."""

_SESSION_MEBIBYTES = 40
"""Of one call: 35 MiB, measured while it talks."""

_SUPERVISOR_MEBIBYTES = 300
"""Of the process that every call is forked from, its libraries loaded."""


class Part(BaseModel):
    """A table: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_label(name: str) -> str:
    letters = name.replace("-", "")
    if not (letters.isascii() and letters.isalnum()) or name.strip("-") != name:
        raise ValueError(f"{name!r} is no DNS label; use letters, digits and inner hyphens")
    return name.lower()


Label = Annotated[str, StringConstraints(min_length=1, max_length=63), AfterValidator(_is_label)]
Region = Annotated[
    str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="a Region such as us-east-1")
]


class Domain(Part):
    """The hosted zone, and the two names in it."""

    zone_name: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$",
            description="the hosted zone's domain such as example.com, lower case",
        ),
    ]
    zone_id: Annotated[
        str,
        Field(pattern=r"^Z[A-Z0-9]{5,31}$", description="the hosted zone's id such as Z0123456789"),
    ]
    client: Label
    api: Label

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if self.client == self.api:
            raise WrongKeyError("api", f"{self.api!r} is the page's name too; give each its own")
        return self

    @property
    def client_name(self) -> str:
        """Where the page is."""
        return f"{self.client}.{self.zone_name}"

    @property
    def api_name(self) -> str:
        """Where the connect server and the bot are."""
        return f"{self.api}.{self.zone_name}"


class Network(Part):
    """The VPC."""

    cidr: str
    availability_zones: Annotated[
        tuple[str, ...],
        Field(min_length=2, max_length=3, description="two or three zones' names"),
    ]
    nat_gateways: Annotated[int, Field(ge=1, le=3, description="a number from 1 to 3")] = 1
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()

    @model_validator(mode="after")
    def _check_network(self) -> Self:
        try:
            network = ipaddress.IPv4Network(self.cidr)
        except ValueError as error:
            raise WrongKeyError("cidr", f"{error}; use a range such as 10.40.0.0/16") from None
        if not network.is_private or not 16 <= network.prefixlen <= 21:
            raise WrongKeyError(
                "cidr",
                f"{self.cidr} is no private range from /16 to /21; use one such as 10.40.0.0/16",
            )
        if len(set(self.availability_zones)) < len(self.availability_zones):
            raise WrongKeyError("availability_zones", "a zone is named twice; name each once")
        if self.nat_gateways > len(self.availability_zones):
            raise WrongKeyError(
                "nat_gateways",
                f"{self.nat_gateways} are more than the {len(self.availability_zones)} zones; "
                "use at most one a zone",
            )
        return self


class Nova(Part):
    """The model that talks."""

    region: Region
    model: str = "amazon.nova-2-5-sonic"
    voice: Annotated[
        str | None, Field(pattern=r"^[a-z]+$", description="a voice's name, lower case")
    ] = None
    max_calls: Annotated[
        int, Field(ge=1, le=100_000, description="a number of calls from 1 to 100000")
    ] = 20

    @model_validator(mode="after")
    def _check_model(self) -> Self:
        model = MODELS.get(self.model)
        living = [name for name, m in MODELS.items() if m.end_of_life is None]
        if model is None:
            raise WrongKeyError("model", f"there is no {self.model!r}; use {' or '.join(living)}")
        if model.end_of_life is not None and model.end_of_life <= datetime.now(UTC).date():
            raise WrongKeyError(
                "model",
                f"{self.model} reached its end of life on {model.end_of_life}; "
                f"use {' or '.join(living)}",
            )
        if self.region not in model.regions:
            raise WrongKeyError(
                "region",
                f"{self.model} is not in {self.region}; use one of {', '.join(model.regions)}",
            )
        return self


class Images(Part):
    """Where the container images come from."""

    repositories: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z0-9]+([._/-][a-z0-9]+)*$",
            description="what the names of three ECR repositories begin with",
        ),
    ] = None
    tag: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", description="an image tag"),
    ] = None
    architecture: Architecture = "arm64"

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if (self.repositories is None) != (self.tag is None):
            missing = "tag" if self.tag is None else "repositories"
            raise WrongKeyError(missing, "repositories and tag go together; set both or neither")
        if self.tag == "latest":
            raise WrongKeyError(
                "tag", "'latest' names no one image; use a version, to roll back to"
            )
        return self


class LogIn(Part):
    """Where callers log in with OpenID Connect, so that an agent may remember them."""

    issuer: Annotated[
        str,
        Field(
            pattern=r"^https://[^\s?#]+$",
            description="the issuer's address such as https://login.example.com/tenant",
        ),
    ]
    audience: Annotated[str, Field(min_length=1, description="the page's client id there")]


class Server(TaskSize):
    """The connect server."""

    compute: Literal["fargate", "lambda"] = "fargate"
    transports: Annotated[
        tuple[Transport, ...], Field(min_length=1, description="websocket, daily or both")
    ] = ("websocket",)
    log_in: LogIn | None = None


class Daily(Part):
    """Rooms on Daily, where calls come that way."""

    geo: Annotated[
        DailyGeo | None, Field(description=f"one of {', '.join(get_args(DailyGeo))}")
    ] = None
    rooms_ahead: Annotated[int, Field(ge=0, le=20, description="a number from 0 to 20")] = 2


class Bot(TaskSize):
    """The bot."""

    sessions_per_task: Annotated[int, Field(ge=1, le=500, description="a number from 1 to 500")]
    spare_sessions: Annotated[int, Field(ge=1, le=50, description="a number from 1 to 50")] = 2
    busy_percent: Annotated[int, Field(ge=10, le=90, description="percent, from 10 to 90")] = 60

    @model_validator(mode="after")
    def _check_sessions(self) -> Self:
        most = min(
            self.cpu // _SESSION_CPU_UNITS,
            (self.memory - _SUPERVISOR_MEBIBYTES) // _SESSION_MEBIBYTES,
        )
        if self.sessions_per_task > most:
            raise WrongKeyError(
                "sessions_per_task",
                f"{self.sessions_per_task} calls do not fit into {self.cpu} CPU units and "
                f"{self.memory} MiB; use at most {most} or a larger task",
            )
        if self.spare_sessions > self.sessions_per_task:
            raise WrongKeyError(
                "spare_sessions",
                f"{self.spare_sessions} are more than sessions_per_task, "
                f"{self.sessions_per_task}; use at most as many",
            )
        return self


class Firewall(Part):
    """What the web application firewall lets through."""

    requests_in_five_minutes: Annotated[
        int, Field(ge=10, le=1_000_000, description="a number from 10 to 1000000")
    ] = 1000


class Agents(Part):
    """Whom callers can talk with."""

    names: Annotated[tuple[str, ...], Field(min_length=1, description="at least one name")] = (
        "order-desk",
    )
    handover_url: Annotated[
        str | None,
        Field(
            pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?(/[^\s?#]*)?$",
            description="an address that begins with https:// and has no query",
        ),
    ] = None


class Secrets(Part):
    """How the secrets in Parameter Store are encrypted."""

    key_arn: Annotated[
        str | None,
        Field(
            pattern=r"^arn:aws:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]{36}$",
            description="the ARN of a KMS key",
        ),
    ] = None


class Operations(Part):
    """Who is called when something is wrong, and for how long things are kept."""

    alarm_email: Annotated[
        str | None, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="an e-mail address")
    ] = None
    log_days: Literal[7, 14, 30, 60, 90, 180, 365] = 30
    record_days: Annotated[int, Field(ge=1, le=3650, description="days from 1 to 3650")] = 30
    container_insights: bool = False
