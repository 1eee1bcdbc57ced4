"""What the parts inherit, and who gets near an AWS account."""

from __future__ import annotations

import os

from local.environment import with_account, without_account

PERSON = {
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "AKIDPERSON",
    "AWS_SESSION_TOKEN": "token",
    "NOVA_AWS_REGION": "eu-north-1",
    "NO_PROXY": "intranet",
    "PATH": "/bin",
}


def test_parts_without_business_there_get_nobodys_account() -> None:
    inherited = without_account(PERSON)
    assert inherited["PATH"] == "/bin"
    assert inherited["AWS_ACCESS_KEY_ID"] == "local"
    assert inherited["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "NOVA_AWS_REGION"} & set(inherited)


def test_no_proxy_comes_between_the_parts() -> None:
    inherited = without_account(PERSON)
    assert inherited["no_proxy"] == inherited["NO_PROXY"] == "intranet,localhost,127.0.0.1,::1"


def test_who_calls_the_model_gets_the_persons_account_and_the_stand_ins_for_the_rest() -> None:
    settings = without_account(PERSON) | {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:5000"}
    given = with_account(settings, PERSON | {"AWS_ENDPOINT_URL_DYNAMODB": "https://elsewhere"})
    assert given["AWS_PROFILE"] == "work"
    assert given["AWS_ACCESS_KEY_ID"] == "AKIDPERSON"
    assert given["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:5000"
    assert "AWS_CONFIG_FILE" not in given


def test_keys_for_the_model_alone_leave_the_rest_without_account() -> None:
    keys = {"NOVA_AWS_ACCESS_KEY_ID": "AKIDMODEL", "NOVA_AWS_SECRET_ACCESS_KEY": "secret"}
    given = with_account(without_account(PERSON), PERSON | keys)
    assert given["NOVA_AWS_ACCESS_KEY_ID"] == "AKIDMODEL"
    assert given["AWS_ACCESS_KEY_ID"] == "local"
    assert "AWS_PROFILE" not in given
