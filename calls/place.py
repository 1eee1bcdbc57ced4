"""Where calls are kept: in the stand-in that `make run` has running, or in a deployment."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cdk.config import ConfigError, load_environment
from cdk.operator.account import Account, WrongAccountError, why

RUN_FOLDER = Path(__file__).resolve().parents[1] / ".run"
"""Where `make run` writes, while it runs, what `on_laptop` reads."""

_NOTHING_RUNS = (
    "Nothing runs here. Start `make run` in another terminal and call: what its calls leave is "
    "kept for as long as it runs. If it runs on another port, give that: make calls PORT=… For the "
    "calls of a deployment: make calls ENV=…"
)
_CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard"}, proxies={})
_NO_FILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class NoCallsError(Exception):
    """Calls cannot be got at. The message is for the terminal."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls are kept.

    Attributes:
        name: What people call it.
        s3: A client that reads and deletes in the bucket.
        dynamodb: A client that reads and deletes in the table.
        bucket: Of transcripts and recordings.
        table: Of the session records.
    """

    name: str
    s3: Any
    dynamodb: Any
    bucket: str
    table: str


def on_laptop(port: int, folder: Path = RUN_FOLDER) -> Place:
    """What `make run` has running.

    Args:
        port: Where its page is.
        folder: Where it writes.

    Raises:
        NoCallsError: Nothing runs.
    """
    try:
        file = folder / f"calls-{port}.json"
        told = json.loads(file.read_text(encoding="utf-8"))
        session = boto3.Session(botocore_session=botocore.session.Session(_NO_FILES))

        def client(service: str) -> Any:  # noqa: ANN401 - boto3 builds its clients at run time
            return session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=told["endpoint_url"],
                region_name=told["region"],
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106 - moto takes any
                config=_CONFIG,
            )

        place = Place("this machine", client("s3"), client("dynamodb"), *_names(told))
        place.s3.head_bucket(Bucket=place.bucket)
    except (OSError, ValueError, KeyError, BotoCoreError, ClientError) as error:
        raise NoCallsError(_NOTHING_RUNS) from error
    return place


def deployed(environment: str) -> Place:
    """A deployment, through the operator's own credentials.

    Raises:
        NoCallsError: It is not described, not deployed, or the credentials are no good.
    """
    try:
        config = load_environment(environment)
    except ConfigError as error:
        raise NoCallsError("\n".join(error.problems)) from error
    account = Account(config)
    stack = f"{config.prefix}-data"
    try:
        account.identify()
        found = account.client("cloudformation").describe_stacks(StackName=stack)
        outputs = {
            output["OutputKey"]: output["OutputValue"]
            for output in found["Stacks"][0].get("Outputs", ())
        }
        names = _names({"bucket": outputs["TranscriptsBucket"], "table": outputs["SessionsTable"]})
    except WrongAccountError as error:
        raise NoCallsError(str(error)) from error
    except KeyError as error:
        raise NoCallsError(f"{stack} names no bucket of transcripts: deploy it again") from error
    except (BotoCoreError, ClientError) as error:
        raise NoCallsError(f"{stack}: {why(error)}") from error
    return Place(config.name, account.client("s3"), account.client("dynamodb"), *names)


def _names(told: dict[str, str]) -> tuple[str, str]:
    return told["bucket"], told["table"]
