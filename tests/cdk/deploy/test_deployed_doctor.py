"""The operator's commands after a deployment: what was stored and made, they find."""

import pytest

from tests.cdk.deploy.cloud import OPERATOR, ZONE_ID, ZONE_NAME, Cloud
from tests.cdk.deploy.place import Place
from tests.cdk.operator.doctor.conftest import Elsewhere, elsewhere
from tests.cdk.operator.doctor.world import AVAILABLE, push, quota

__all__ = ["elsewhere"]

pytestmark = pytest.mark.xdist_group("deploy")


@pytest.fixture
def somewhere(cloud: Cloud, elsewhere: Elsewhere) -> Elsewhere:
    """What moto lacks: resolver, Daily, the model, quotas that are large enough."""
    zone = cloud.client("route53").get_hosted_zone(Id=ZONE_ID)
    servers = [f"{name}." for name in zone["DelegationSet"]["NameServers"]]
    elsewhere.dns(ZONE_NAME, "NS", *servers)
    elsewhere.dns(ZONE_NAME, "CAA")
    elsewhere.answers["/daily/"] = (200, {"domain_name": "our-team"})
    elsewhere.answers["/foundation-model-availability/amazon.nova-2-5-sonic"] = (200, AVAILABLE)
    quota(elsewhere, 5_000, "On-demand InvokeModel concurrent requests for Amazon Nova 2.5 Sonic")
    return elsewhere


def test_secrets_that_were_typed_are_found(place: Place) -> None:
    status, said = place.cloud.make("secrets", ENV=place.config.name, CHECK="1")
    assert status == 0, said
    assert f"✓ Everything that {place.config.name} needs is stored: API_KEY" in said


def test_the_doctor_knows_the_deployment_again(
    large: Place, somewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in OPERATOR.items():
        monkeypatch.setenv(variable, value)
    for service in ("client", "server", "bot"):
        push(large.cloud.url, service, ["arm64"])
    more = {
        "AWS_ENDPOINT_URL_BEDROCK": somewhere.url,
        "AWS_ENDPOINT_URL_SERVICE_QUOTAS": somewhere.url,
        "DAILY_API_URL": f"{somewhere.url}/daily",
    }
    resolver = f"--resolver {somewhere.url}/resolve"
    status, said = large.cloud.make("doctor", more=more, ENV="large", DOCTOR=resolver)
    assert status == 0, said
    assert f"0 more needed, {large.config.network.nat_gateways + 1} of" in said
    assert said.endswith("Ready: make deploy ENV=large\n")
