"""From a name to whoever answers: records, load balancers, listeners, rules, firewall."""

from urllib.parse import urlsplit

import pytest

from tests.cdk.deploy.place import Place

pytestmark = pytest.mark.xdist_group("deploy")


def test_the_outputs_are_the_addresses_of_page_and_api(place: Place) -> None:
    outputs, config = place.outputs(), place.config
    assert outputs["PageUrl"] == f"https://{config.domain.client}.{config.domain.zone_name}"
    assert outputs["ApiUrl"] == f"https://{config.domain.api}.{config.domain.zone_name}"
    assert place.balancer(outputs["PageUrl"]) != place.balancer(outputs["ApiUrl"])
    assert outputs["SecretsPrefix"] == place.told("server")["PARAMETER_PREFIX"]


def test_page_and_services_know_each_others_addresses(place: Place) -> None:
    outputs = place.outputs()
    assert place.told("client")["VITE_BASE_URL"] == outputs["ApiUrl"]
    assert place.told("server")["PUBLIC_URL"] == outputs["ApiUrl"]
    for service in ("server", "bot"):
        assert place.told(service)["CORS_ORIGINS"] == outputs["PageUrl"]


def test_each_path_leads_to_its_service(place: Place) -> None:
    outputs = place.outputs()
    page, api = outputs["PageUrl"], outputs["ApiUrl"]
    expected = {
        f"{page}/": "client",
        f"{page}/ws": "client",
        f"{api}/connect": "server",
        f"{api}/status/a-bot": "server",
        f"{api}/health": "server",
        f"{api}/wsx": "server",
        f"{api}/ws": "bot",
    }
    for url, service in expected.items():
        assert place.target_group(url) == place.target_group_of(service), url


@pytest.mark.parametrize("output", ["PageUrl", "ApiUrl"])
def test_only_https_is_answered_with_a_certificate_of_that_name(place: Place, output: str) -> None:
    url = place.outputs()[output]
    listener = place.listener(url)
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert listener["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    (arn,) = [certificate["CertificateArn"] for certificate in listener["Certificates"]]
    acm = place.cloud.client("acm")
    certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert urlsplit(url).hostname in certificate["SubjectAlternativeNames"]
    assert {o["ValidationMethod"] for o in certificate["DomainValidationOptions"]} == {"DNS"}


@pytest.mark.parametrize("output", ["PageUrl", "ApiUrl"])
def test_a_load_balancer_is_public_logged_and_behind_the_firewall(
    place: Place, output: str
) -> None:
    balancer = place.balancer(place.outputs()[output])
    arn = balancer["LoadBalancerArn"]
    assert (balancer["Scheme"], balancer["IpAddressType"]) == ("internet-facing", "dualstack")
    assert len(balancer["AvailabilityZones"]) == len(place.config.network.availability_zones)
    described = place.cloud.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)
    attributes = {a["Key"]: a["Value"] for a in described["Attributes"]}
    assert attributes["access_logs.s3.bucket"] in place.ids("AWS::S3::Bucket")
    assert attributes["deletion_protection.enabled"] == str(place.config.protected).lower()
    idle = int(attributes["idle_timeout.timeout_seconds"])
    assert idle == place.config.drain.idle_timeout_seconds
    acl = place.cloud.client("wafv2").get_web_acl_for_resource(ResourceArn=arn)["WebACL"]
    limits = [rule["Statement"].get("RateBasedStatement", {}).get("Limit") for rule in acl["Rules"]]
    assert place.config.firewall.requests_in_five_minutes in limits


def test_callers_reach_the_load_balancers_and_nothing_else(place: Place) -> None:
    ec2 = place.cloud.client("ec2")
    groups = place.ids("AWS::EC2::SecurityGroup")
    public = {
        group["GroupId"]: {(rule.get("FromPort"), rule.get("ToPort")) for rule in open_rules}
        for group in ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
        if (
            open_rules := [
                rule
                for rule in group["IpPermissions"]
                if any(one["CidrIp"] == "0.0.0.0/0" for one in rule.get("IpRanges", []))
                or any(one["CidrIpv6"] == "::/0" for one in rule.get("Ipv6Ranges", []))
            ]
        )
    }
    outputs = place.outputs()
    balancers = [place.balancer(outputs[name]) for name in ("PageUrl", "ApiUrl")]
    of_balancers = {group for balancer in balancers for group in balancer["SecurityGroups"]}
    assert public == {group: {(443, 443)} for group in of_balancers}
