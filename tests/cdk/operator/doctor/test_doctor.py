"""What the doctor finds, and that it always comes to an end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cdk.config import Environment
from cdk.operator.account import Account, why
from cdk.operator.doctor.__main__ import main
from cdk.operator.doctor.diagnosis import Check, _gather, diagnose
from cdk.operator.doctor.finding import Level
from cdk.operator.doctor.web import WebError, get_json
from tests.cdk.operator.doctor.conftest import Elsewhere
from tests.cdk.operator.doctor.world import make_ready

ROOT = Path(__file__).parents[4]


def test_an_account_that_is_ready_is_told_so(
    aws: str,
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ready = make_ready(aws, elsewhere, config)
    monkeypatch.setattr("cdk.operator.doctor.__main__.load_environment", lambda name: ready)
    status = main(["--env", "example", "--resolver", f"{elsewhere.url}/resolve"])
    said = capfd.readouterr().out
    assert status == 0, said
    assert [line[0] for line in said.splitlines()[1:-2]] == ["✓"] * 14
    assert said.endswith("Ready: make deploy ENV=example\n")


def test_without_credentials_it_says_so_and_looks_at_the_rest(
    no_credentials: None, elsewhere: Elsewhere, config: Environment
) -> None:
    elsewhere.dns("example.com", "CAA", '0 issue "letsencrypt.org"', number=257)
    found = list(diagnose(config, resolver=f"{elsewhere.url}/resolve"))
    assert [finding.level for finding in found] == [Level.WRONG, Level.UNKNOWN, Level.WRONG]
    assert found[0].sentence.startswith("there are no AWS credentials; log in")
    assert "secrets, Daily key, Bedrock streams" in found[1].sentence
    assert "forbids Amazon" in found[2].sentence


def test_credentials_of_another_account_are_not_used(
    account: Account, elsewhere: Elsewhere, config: Environment
) -> None:
    other = config.model_copy(update={"account": "999999999999"})
    found = list(diagnose(other, resolver=f"{elsewhere.url}/resolve"))
    assert "of account 123456789012, but example is in 999999999999" in found[0].sentence
    assert found[1].level is Level.UNKNOWN


def test_a_wrong_file_is_no_diagnosis(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--env", "nowhere"]) == 2
    assert "There is no cdk/environments/nowhere.toml" in capfd.readouterr().err


def test_a_permission_that_is_lacking_is_named(
    aws: str,
    elsewhere: Elsewhere,
    config: Environment,
    account: Account,
) -> None:
    config = make_ready(aws, elsewhere, config)
    denied = {"__type": "AccessDeniedException", "message": "no"}
    elsewhere.answers["GetServiceQuota"] = (400, denied)
    found = {f.subject: f for f in diagnose(config, resolver=f"{elsewhere.url}/resolve")}
    assert found["Fargate vCPUs"].level is Level.UNKNOWN
    assert "allow servicequotas:GetServiceQuota" in found["Fargate vCPUs"].sentence


def test_a_check_that_hangs_holds_up_neither_the_others_nor_the_command() -> None:
    program = (
        "import sys, threading\n"
        "from cdk.operator.doctor.diagnosis import Check, _gather\n"
        "from cdk.operator.doctor.finding import good\n"
        "stuck = Check('stuck', lambda: threading.Event().wait() or [])\n"
        "quick = Check('quick', lambda: [good('quick', 'done')])\n"
        "for findings in _gather([stuck, quick], 0.2): print(*findings)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"},
    )
    stuck, quick = done.stdout.splitlines()
    assert "no answer within 0.2 s" in stuck
    assert "done" in quick


def test_a_check_that_breaks_is_a_finding() -> None:
    ((finding,),) = _gather([Check("broken", lambda: [][0])], 5)
    assert finding.level is Level.UNKNOWN


def test_a_profile_that_does_not_exist_is_no_traceback(
    no_credentials: None, elsewhere: Elsewhere, config: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    found = list(diagnose(config, resolver=f"{elsewhere.url}/resolve"))
    assert found[0].sentence.startswith("the AWS credentials are no good (ProfileNotFound); log in")


def test_expired_credentials_are_told_to_log_in() -> None:
    response = {"Error": {"Code": "ExpiredTokenException"}}
    assert "log in (`aws sso login`)" in why(ClientError(response, "GetCallerIdentity"))
    assert "log in" not in why(ClientError({"Error": {"Code": "Throttling"}}, "PutParameter"))


def test_a_key_is_not_carried_along_by_a_redirect(elsewhere: Elsewhere) -> None:
    elsewhere.answers["/here"] = (302, {})
    with pytest.raises(WebError) as refused:
        get_json(f"{elsewhere.url}/here", headers={"Authorization": "Bearer x"})
    assert refused.value.status == 302
