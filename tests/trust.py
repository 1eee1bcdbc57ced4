"""Trust in the emulator's certificates, for every test of one run.

The AWS CRT reads `SSL_CERT_FILE` once a process, when its first client is made. So one authority
serves the whole run, and importing this module, before any AWS SDK client is made, is enough.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import certifi

from nova_sonic_emulator import certificates

CA_DIR = Path(tempfile.mkdtemp(prefix="nova-sonic-emulator-"))
"""The folder of the authority: `Emulator(ca_dir=CA_DIR)`."""

BUNDLE = CA_DIR / "bundle.pem"
"""The machine's usual authorities and the emulator's."""

atexit.register(shutil.rmtree, CA_DIR, ignore_errors=True)
certificates.server_context(CA_DIR)
BUNDLE.write_bytes(Path(certifi.where()).read_bytes() + (CA_DIR / "ca.pem").read_bytes())
os.environ["SSL_CERT_FILE"] = str(BUNDLE)
