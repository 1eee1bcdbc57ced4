"""The environment that the parts inherit from the person's shell, less what would mislead them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import botocore.session
from botocore.exceptions import BotoCoreError

from local.part import REPOSITORY, PartFailedError

_AWS = ("AWS_", "NOVA_AWS_")
_NOBODYS_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_THIS_MACHINE = "localhost,127.0.0.1,::1"
_NO_CREDENTIALS = (
    "NOVA=aws needs AWS credentials, and there are none. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, and try again."
)


def without_account(environment: Mapping[str, str]) -> dict[str, str]:
    """The person's environment for parts that have no business in an AWS account."""
    kept = {
        name: value
        for name, value in environment.items()
        # Compiled modules make the second start a matter of seconds.
        if not name.startswith(_AWS) and name != "PYTHONDONTWRITEBYTECODE"
    }
    direct = environment.get("no_proxy") or environment.get("NO_PROXY")
    direct = f"{direct},{_THIS_MACHINE}" if direct else _THIS_MACHINE
    return kept | {
        **_NOBODYS_ACCOUNT,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
    }


def with_account(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Settings for the one part that calls the real model, with the person's AWS variables."""
    persons = {name: value for name, value in environment.items() if name.startswith(_AWS)}
    if _has_keys_for_the_model(environment):
        return {**settings, **{name: persons[name] for name in persons if "NOVA" in name}}
    others = {name: value for name, value in settings.items() if name not in _NOBODYS_ACCOUNT}
    return {**persons, **others}


def check_credentials(environment: Mapping[str, str]) -> None:
    """See that the person has AWS credentials, whether they are valid or not.

    Raises:
        PartFailedError: There are none, or the files that should hold them cannot be read.
    """
    if _has_keys_for_the_model(environment):
        return
    try:
        found = botocore.session.Session().get_credentials()
    except BotoCoreError as error:
        raise PartFailedError(f"NOVA=aws: no AWS credentials can be found. {error}") from error
    if found is None:
        raise PartFailedError(_NO_CREDENTIALS)


def _has_keys_for_the_model(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("NOVA_AWS_ACCESS_KEY_ID"))
