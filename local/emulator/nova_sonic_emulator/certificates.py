"""A certificate authority of the emulator's own, and a certificate for this machine from it.

The AWS SDKs speak to the service over TLS alone, so a client must trust this authority:
`SSL_CERT_FILE` naming a bundle with `ca.pem` in it does that for the AWS CRT.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_NAMES = ("localhost",)
_ADDRESSES = ("127.0.0.1", "::1")
_AUTHORITY_LIFETIME = timedelta(days=365)
_LEAF_LIFETIME = timedelta(days=30)
_RENEW_BEFORE = timedelta(days=30)


def server_context(folder: Path, host: str = "localhost") -> ssl.SSLContext:
    """A TLS context that offers HTTP/2 alone, for localhost and for `host`, a name or an address.

    Makes `ca.pem` and its key in `folder`, or uses those that are there, so that what trusts them
    keeps doing so from one start to the next. The server's own certificate is new each time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority, authority_key = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        _builder(_NAMES[0], authority.subject, key.public_key(), _LEAF_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [_alternative(each) for each in dict.fromkeys((*_NAMES, *_ADDRESSES, host))]
            ),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
        .sign(authority_key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    with NamedTemporaryFile(dir=folder, suffix=".pem") as chain:
        chain.write(_key_bytes(key) + leaf.public_bytes(serialization.Encoding.PEM))
        chain.flush()
        context.load_cert_chain(chain.name)
    return context


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate_file, key_file = folder / "ca.pem", folder / "ca-key.pem"
    if kept := _kept_authority(certificate_file, key_file):
        return kept
    key = ec.generate_private_key(ec.SECP256R1())
    name = "Nova Sonic emulator"
    certificate = (
        _builder(name, _name(name), key.public_key(), _AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _replace(key_file, _key_bytes(key))
    _replace(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _kept_authority(
    certificate_file: Path, key_file: Path
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """The authority of an earlier start, unless it is damaged or about to expire."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (FileNotFoundError, TypeError, ValueError):
        return None
    fresh = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE
    matching = certificate.public_key() == key.public_key()
    if not (fresh and matching and isinstance(key, ec.EllipticCurvePrivateKey)):
        return None
    return certificate, key


def _builder(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole, readable by its owner alone, also when two processes do so at once."""
    with NamedTemporaryFile(dir=file.parent, delete=False) as new:
        new.write(content)
    os.replace(new.name, file)  # noqa: PTH105 - NamedTemporaryFile gives a string
