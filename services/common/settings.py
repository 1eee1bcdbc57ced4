"""Settings from environment variables, secrets also from Parameter Store.

Each service has one frozen class under `CommonSettings` and reads it once, with `load_settings`.
A variable wins over the parameter of the same name. Secrets from Parameter Store stay in the
settings object and never reach the process's environment, which children and crash reports inherit.
"""

import re
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, get_args
from urllib.parse import urlsplit

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from services.common import aws
from services.common.errors import SettingsError

USAGE_EXIT = 2
SHORTEST_API_KEY = 16
_PARAMETERS_A_CALL = 10


def split_commas(value: object) -> object:
    """The words of a variable that holds several, parted by commas."""
    if not isinstance(value, str):
        return value
    return tuple(part for part in (part.strip() for part in value.split(",")) if part)


CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(split_commas)]
"""Several words in one variable, parted by commas."""


def _check_origin(origin: str) -> str:
    if re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
        return origin
    raise ValueError("should be an origin: a scheme, a host in small letters, perhaps a port")


Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_check_origin)], ...],
    NoDecode,
    BeforeValidator(split_commas),
]
"""Web origins that CORS lets in, parted by commas; no wildcard."""


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should begin with https:// or http:// and a host")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("should have no user, query or fragment")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(_check_url)]
"""The address of a service, without a slash at its end."""


def _key_form(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    token = set("!#$%&'*+-.^_`|~")
    if len(text) < SHORTEST_API_KEY:
        raise ValueError(f"should have at least {SHORTEST_API_KEY} characters")
    if not all(c.isascii() and (c.isalnum() or c in token) for c in text):
        raise ValueError("should have only letters, digits and !#$%&'*+-.^_`|~")
    return key


ApiKey = Annotated[SecretStr, AfterValidator(_key_form)]
"""A key that fits into a header, and into a WebSocket subprotocol: an HTTP token (RFC 9110)."""


def _default_region() -> str:
    return botocore.session.Session().get_config_variable("region") or ""


class CommonSettings(BaseSettings):
    """What every service reads. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    aws_region: str = Field(
        default_factory=_default_region,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="an AWS Region such as us-east-1",
    )
    sessions_table: str = Field(default="voice-sessions", description="a DynamoDB table's name")
    orders_table: str = Field(default="voice-orders", description="a DynamoDB table's name")
    session_retention_days: int = Field(
        default=30, ge=1, le=3650, description="days until a session's record may be deleted"
    )
    lease_seconds: int = Field(
        default=15,
        ge=5,
        le=600,
        description="seconds, from 5 to 600, after which a call whose process is silent is lost",
    )
    resume_seconds: float = Field(
        default=60, ge=0, description="seconds in which a call may be taken up again after a drop"
    )
    max_calls: int = Field(
        default=0, ge=0, description="how many calls the whole fleet may hold at once; 0: any"
    )
    daily_api_key: ApiKey | None = Field(
        default=None, description="Daily's key of the domain whose rooms calls take place in"
    )
    daily_api_url: Url = Field(
        default="https://api.daily.co/v1", description="the address of Daily's REST API"
    )
    jobs_queue_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="the URL of the SQS queue that bots pull calls over Daily from",
    )
    parameter_prefix: str = Field(
        default="",
        pattern=r"^(/[A-Za-z0-9_.-]+)*$",
        description="a Parameter Store path such as /voice-agents/local",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    log_format: Literal["json", "text"] = Field(default="json", description="json or text")
    host: str = Field(default="0.0.0.0", description="an address to listen on")  # noqa: S104 - in a container

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of all secrets that are set, for the log's redaction."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(v.get_secret_value() for v in values if isinstance(v, SecretStr))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then Parameter Store."""
        return init_settings, env_settings, _ParameterStore(settings_cls)


class _ParameterStore(PydanticBaseSettingsSource):
    """Reads ``{PARAMETER_PREFIX}/{NAME}`` for every secret that is not set otherwise."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Nothing: the parameters are read all at once, by calling the source."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Reads the parameters.

        Raises:
            SettingsError: Parameter Store cannot be read.
        """
        known = {name.lower(): value for name, value in self.current_state.items()}
        prefix = str(known.get("parameter_prefix") or "").rstrip("/")
        fields = self.settings_cls.model_fields
        wanted = {
            f"{prefix}/{name.upper()}": name
            for name, field in fields.items()
            if _is_secret(field) and name not in known
        }
        if not prefix.startswith("/") or not wanted:
            return {}
        region = str(known.get("aws_region") or _default_region())
        found = _read_parameters(list(wanted), region=region, prefix=prefix)
        return {wanted[path]: value for path, value in found.items()}


def _read_parameters(paths: list[str], *, region: str, prefix: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    try:
        client = aws.ssm(region)
        for start in range(0, len(paths), _PARAMETERS_A_CALL):
            names = paths[start : start + _PARAMETERS_A_CALL]
            answer = client.get_parameters(Names=names, WithDecryption=True)
            found |= {p["Name"]: p["Value"] for p in answer["Parameters"]}
    except (BotoCoreError, ClientError) as error:
        why = (
            error.response.get("Error", {}).get("Code", "Unknown")
            if isinstance(error, ClientError)
            else type(error).__name__
        )
        raise SettingsError(
            [
                f"PARAMETER_PREFIX: the parameters under {prefix} could not be read from "
                f"Parameter Store in {region or 'no AWS_REGION'} ({why})"
            ]
        ) from None
    return found


def _is_secret(field: FieldInfo) -> bool:
    return _holds_secret(field.annotation)


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(part) for part in get_args(annotation))


def read_settings[S: CommonSettings](cls: type[S]) -> S:
    """Reads a service's settings.

    Raises:
        SettingsError: With one sentence per variable; it repeats no secret.
    """
    try:
        return cls()
    except ValidationError as error:
        faults: dict[str, str] = {}
        for found in error.errors():
            sentence = _sentence(cls, dict(found))
            faults.setdefault(sentence.partition(":")[0], sentence)
        raise SettingsError(list(faults.values())) from None


def load_settings[S: CommonSettings](cls: type[S]) -> S:
    """Reads a service's settings, or ends the process with status 2 and a line per variable."""
    try:
        return read_settings(cls)
    except SettingsError as error:
        _refuse_to_start(error.problems)


def _refuse_to_start(problems: list[str]) -> NoReturn:
    sys.stderr.write("Cannot start: the settings are unusable.\n")
    sys.stderr.writelines(f"  {problem}\n" for problem in problems)
    sys.exit(USAGE_EXIT)


def _sentence(cls: type[CommonSettings], found: dict[str, Any]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    if not found["loc"]:
        return message
    name = str(found["loc"][0])
    field = cls.model_fields[name]
    wrong = "is missing" if found["type"] == "missing" else message[0].lower() + message[1:]
    secret = _is_secret(field)
    shown = f", is {found['input']!r:.60}" if not secret and found["type"] != "missing" else ""
    right = f"; expected {field.description}" if field.description else ""
    return f"{name.upper()}: {wrong}{shown}{right}"
