"""The page's web server."""

from aws_cdk import aws_ecs as ecs
from constructs import Construct

from cdk.config import Environment
from cdk.services.workload import Hosting, Workload, WorkloadProps

PORT = 8080


def client_workload(
    scope: Construct, id: str, *, config: Environment, hosting: Hosting, image: ecs.ContainerImage
) -> Workload:
    """Nginx with the page, which asks ``VITE_BASE_URL`` for the rest. It calls no AWS service."""
    return Workload(
        scope,
        id,
        props=WorkloadProps(
            hosting=hosting,
            name="client",
            image=image,
            size=config.client,
            port=PORT,
            health_port=PORT,
            health_command=["curl", "-fsS", "-o", "/dev/null", f"http://127.0.0.1:{PORT}/health"],
            environment={
                "AGENTS": ",".join(config.agents.names),
                "PORT": str(PORT),
                "TRANSPORTS": ",".join(config.server.transports),
                "VITE_BASE_URL": config.api_url,
            },
        ),
    )
