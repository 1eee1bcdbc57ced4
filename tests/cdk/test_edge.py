"""What faces the Internet."""

import json

from tests.cdk.templates import Templates


def test_listeners_speak_modern_tls_and_nothing_else(templates: Templates) -> None:
    listeners = templates.all("AWS::ElasticLoadBalancingV2::Listener").values()
    assert len(listeners) == 2
    for listener in listeners:
        properties = listener["Properties"]
        assert (properties["Port"], properties["Protocol"]) == (443, "HTTPS")
        assert properties["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


def test_page_and_api_have_ipv4_and_ipv6_names(large: Templates) -> None:
    records = {
        (r["Properties"]["Name"], r["Properties"]["Type"])
        for r in large.all("AWS::Route53::RecordSet").values()
    }
    names = ("voice.example.com.", "voice-api.example.com.")
    assert records == {(name, type) for name in names for type in ("A", "AAAA")}
    for balancer in large.all("AWS::ElasticLoadBalancingV2::LoadBalancer").values():
        assert balancer["Properties"]["IpAddressType"] == "dualstack"


def test_one_certificate_is_proved_through_the_zone(large: Templates) -> None:
    certificate = large.one("AWS::CertificateManager::Certificate")
    assert certificate["ValidationMethod"] == "DNS"
    assert certificate["DomainName"] == "voice.example.com"
    assert certificate["SubjectAlternativeNames"] == ["voice-api.example.com"]


def test_calls_go_to_the_bot_and_the_rest_of_the_api_to_the_server(templates: Templates) -> None:
    rule = templates.one("AWS::ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"] == [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/ws"]}}
    ]
    assert rule["Actions"][0]["TargetGroupArn"]["Ref"].startswith("Bot")
    api = templates.one("AWS::ElasticLoadBalancingV2::Listener", "Api")
    assert api["DefaultActions"][0]["TargetGroupArn"]["Ref"].startswith("Server")
    page = templates.one("AWS::ElasticLoadBalancingV2::Listener", "Page")
    assert page["DefaultActions"][0]["TargetGroupArn"]["Ref"].startswith("Client")


def test_load_balancers_keep_access_logs_and_drop_odd_headers(templates: Templates) -> None:
    for balancer in templates.all("AWS::ElasticLoadBalancingV2::LoadBalancer").values():
        attributes = {
            a["Key"]: a["Value"] for a in balancer["Properties"]["LoadBalancerAttributes"]
        }
        assert attributes["access_logs.s3.enabled"] == "true"
        assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
        assert attributes["idle_timeout.timeout_seconds"] == "60"


def test_the_firewall_guards_both_and_limits_each_address(large: Templates) -> None:
    assert len(large.all("AWS::WAFv2::WebACLAssociation")) == 2
    rules = large.one("AWS::WAFv2::WebACL")["Rules"]
    assert len({rule["Priority"] for rule in rules}) == len(rules) == 4
    limit = rules[-1]["Statement"]["RateBasedStatement"]
    assert (limit["Limit"], limit["EvaluationWindowSec"]) == (5000, 300)
    assert "Block" in rules[-1]["Action"]


def test_the_firewalls_log_shows_no_credential(templates: Templates) -> None:
    logging = templates.one("AWS::WAFv2::LoggingConfiguration")
    redacted = json.dumps(logging["RedactedFields"])
    for field in ("authorization", "sec-websocket-protocol", "QueryString"):
        assert field in redacted
    group = templates.one("AWS::Logs::LogGroup", "Firewall")
    assert group["LogGroupName"].startswith("aws-waf-logs-")
