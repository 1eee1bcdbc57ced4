"""One deployment's configuration: ``cdk/environments/<name>.toml``, read and checked.

Everything that can be wrong about a deployment without asking AWS is found here, before the first
resource, and told in one sentence that names file, key and remedy. No AWS resource lives here.
"""

from cdk.config.environment import Environment
from cdk.config.errors import ConfigError
from cdk.config.load import load_environment

__all__ = ["ConfigError", "Environment", "load_environment"]
