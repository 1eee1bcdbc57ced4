"""Runs the checks at once, each with a deadline of its own."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from cdk.config import Environment
from cdk.operator.account import AWS_ERRORS, Account, WrongAccountError, is_denied, why
from cdk.operator.doctor import domain, images, model, quotas, region, stored
from cdk.operator.doctor.finding import Finding, good, unknown, wrong

DEADLINE_SECONDS = 30.0
"""For all that a check asks, one after the other; a single question has less."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to find out.

    Attributes:
        subject: What it is about, for where it ends without a finding.
        run: Finds it out.
        permission: What the caller needs to be allowed.
    """

    subject: str
    run: Callable[[], list[Finding]]
    permission: str = ""


def diagnose(
    config: Environment, *, resolver: str = domain.RESOLVER, seconds: float = DEADLINE_SECONDS
) -> Iterator[Finding]:
    """Every finding, in the order of the checks.

    Without credentials the checks that need none are made, and the others are named.
    """
    account = Account(config)
    (identity,) = _gather([Check("credentials", partial(_check_identity, account))], seconds)
    yield from identity
    outside = [
        Check("CAA record", partial(domain.check_certificate_authority, config, resolver)),
        Check("images", partial(images.check_build, config)),
    ]
    inside = _checks_of_account(config, account, resolver)
    if any(finding.level.blocks for finding in identity):
        names = ", ".join(check.subject for check in inside)
        yield unknown("the rest", f"not checked without credentials of the account: {names}")
        inside = []
    for findings in _gather([*inside, *outside], seconds):
        yield from findings


def _checks_of_account(config: Environment, account: Account, resolver: str) -> list[Check]:
    ssm = "ssm:DescribeParameters and ssm:GetParameter"
    usage = "servicequotas:GetServiceQuota, servicequotas:ListServiceQuotas"
    return [
        Check("bootstrap", partial(region.check_bootstrap, config, account), ssm),
        Check(
            "zones", partial(region.check_zones, config, account), "ec2:DescribeAvailabilityZones"
        ),
        Check(
            "delegation",
            partial(domain.check_zone, config, account, resolver),
            "route53:GetHostedZone",
        ),
        Check(
            "model",
            partial(model.check_model, config, account),
            "bedrock:GetFoundationModelAvailability",
        ),
        Check("secrets", partial(stored.check_secrets, config, account), ssm),
        Check("Daily key", partial(stored.check_daily_key, config, account), ssm),
        Check("Bedrock streams", partial(quotas.check_streams, config, account), usage),
        Check("Fargate vCPUs", partial(quotas.check_vcpus, config, account), usage),
        Check(
            "Elastic IPs",
            partial(quotas.check_addresses, config, account),
            f"{usage}, ec2:DescribeAddresses",
        ),
        Check(
            "images",
            partial(images.check_images, config, account),
            "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer",
        ),
    ]


def _check_identity(account: Account) -> list[Finding]:
    try:
        return [good("credentials", account.identify())]
    except WrongAccountError as error:
        return [wrong("credentials", str(error))]
    except AWS_ERRORS as error:
        return [wrong("credentials", why(error))]


def _gather(checks: list[Check], seconds: float) -> Iterator[list[Finding]]:
    """Findings of checks that run at the same time.

    The threads are daemons: one that hangs in the operating system does not keep the process.
    """
    answers: list[queue.Queue[list[Finding]]] = [queue.Queue(1) for _ in checks]
    for check, answer in zip(checks, answers, strict=True):
        threading.Thread(target=_run, args=(check, answer), daemon=True).start()
    end = time.monotonic() + seconds
    for check, answer in zip(checks, answers, strict=True):
        try:
            yield answer.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            yield [unknown(check.subject, f"no answer within {seconds:g} s: try again")]


def _run(check: Check, answer: "queue.Queue[list[Finding]]") -> None:
    try:
        answer.put(check.run())
    except AWS_ERRORS as error:
        remedy = f": allow {check.permission}" if is_denied(error) else ""
        answer.put([unknown(check.subject, f"{why(error)}{remedy}")])
    except Exception as error:
        answer.put([unknown(check.subject, f"an answer was not understood ({error!r})")])
