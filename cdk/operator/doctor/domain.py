"""Can the world, and with it ACM, find the hosted zone?"""

from collections.abc import Sequence
from urllib.parse import urlencode

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, unknown, wrong
from cdk.operator.doctor.web import WebError, get_json

RESOLVER = "https://dns.google/resolve"
"""A public one that speaks JSON: an office's own may have names that nobody else has."""

_AMAZON = ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")
"""Whom a CAA record has to let issue certificates (ACM user guide, "CAA record")."""


def check_zone(config: Environment, account: Account, resolver: str = RESOLVER) -> list[Finding]:
    """The hosted zone is the domain's, public, and delegated to."""
    domain = config.domain
    route53 = account.client("route53")
    try:
        answer = route53.get_hosted_zone(Id=domain.zone_id)
    except route53.exceptions.NoSuchHostedZone:
        return [
            wrong(
                "hosted zone",
                f"there is no {domain.zone_id} in this account: `aws route53 list-hosted-zones` "
                "shows the ids; correct domain.zone_id",
            )
        ]
    zone = answer["HostedZone"]
    name = zone["Name"].rstrip(".")
    if name != domain.zone_name:
        return [
            wrong(
                "hosted zone",
                f"{domain.zone_id} is of {name}, not of {domain.zone_name}: correct domain.zone_id",
            )
        ]
    if zone["Config"].get("PrivateZone"):
        return [
            wrong(
                "hosted zone",
                f"{domain.zone_id} is a private one, which ACM and callers cannot see: "
                "name the public one in domain.zone_id",
            )
        ]
    return _check_delegation(domain.zone_name, answer["DelegationSet"]["NameServers"], resolver)


def check_certificate_authority(config: Environment, resolver: str = RESOLVER) -> list[Finding]:
    """No CAA record keeps ACM from issuing the certificate."""
    name = config.domain.zone_name
    try:
        found = [record for record in _ask(resolver, name, "CAA") if " issue " in f" {record} "]
    except WebError as error:
        return [_no_answer("CAA record", name, resolver, error)]
    if found and not any(issuer in record for record in found for issuer in _AMAZON):
        return [
            wrong(
                "CAA record",
                f"{name} forbids Amazon to issue certificates: add the record "
                f'`{name}. CAA 0 issue "amazon.com"`',
            )
        ]
    return [
        good("CAA record", "lets Amazon issue the certificate" if found else "none, none needed")
    ]


def _check_delegation(name: str, own: Sequence[str], resolver: str) -> list[Finding]:
    try:
        seen = {server.rstrip(".").lower() for server in _ask(resolver, name, "NS")}
    except WebError as error:
        return [_no_answer("delegation", name, resolver, error)]
    wanted = {server.rstrip(".").lower() for server in own}
    if seen == wanted:
        return [good("delegation", f"{name} is asked of the zone's {len(own)} name servers")]
    where = f"goes to {', '.join(sorted(seen))}" if seen else "leads nowhere"
    return [
        wrong(
            "delegation",
            f"{name} {where}: enter {', '.join(sorted(wanted))} as its name servers, at the "
            "registrar or in the parent zone; a certificate would wait for that for ever",
        )
    ]


def _ask(resolver: str, name: str, kind: str) -> list[str]:
    """The records of one kind, without those that were only passed on the way."""
    query = urlencode({"name": name, "type": kind})
    answer = get_json(f"{resolver}?{query}", headers={"Accept": "application/dns-json"})
    number = {"NS": 2, "CAA": 257}[kind]
    try:
        if answer["Status"] not in (0, 3):
            raise WebError(f"DNS status {answer['Status']}")
        return [str(one["data"]) for one in answer.get("Answer", []) if one["type"] == number]
    except (KeyError, TypeError):
        raise WebError("an answer that is no DNS") from None


def _no_answer(subject: str, name: str, resolver: str, error: WebError) -> Finding:
    return unknown(
        subject,
        f"{resolver} did not tell about {name} ({error}): check that this machine reaches it, or "
        "name another with --resolver",
    )
