"""The hosted zone and the certificate for the names in it."""

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from cdk.config.parts import Domain


class Site(Construct):
    """The hosted zone, from its attributes, and one certificate for page and API."""

    def __init__(self, scope: Construct, id: str, *, domain: Domain) -> None:
        """Asks for the certificate; ACM proves the domain through the zone."""
        super().__init__(scope, id)
        self.zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.zone_id, zone_name=domain.zone_name
        )
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=domain.client_name,
            subject_alternative_names=[domain.api_name],
            validation=acm.CertificateValidation.from_dns(self.zone),
        )
