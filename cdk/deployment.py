"""One environment's stacks and their tags."""

from aws_cdk import App, Tags
from aws_cdk import Environment as Target

from cdk.config import Environment
from cdk.stacks.data import DataStack
from cdk.stacks.network import NetworkStack
from cdk.stacks.services import ServicesStack, ServicesStackProps


class Deployment:
    """Everything that `cdk deploy --all` deploys for one environment."""

    def __init__(self, app: App, *, config: Environment) -> None:
        """Builds the stacks into ``app``, which is not synthesised yet."""
        env = Target(account=config.account, region=config.region)
        self.data = DataStack(app, config=config, env=env)
        self.network = NetworkStack(app, config=config, logs=self.data.logs, env=env)
        self.services = ServicesStack(
            app,
            props=ServicesStackProps(config=config, data=self.data, vpc=self.network.vpc),
            env=env,
        )
        for stack in (self.data, self.network, self.services):
            for key, value in {**config.tags, "voice-agents:environment": config.name}.items():
                Tags.of(stack).add(key, value)
