"""The stack with everything that a deployment replaces: load balancers, services, alarms."""

from dataclasses import dataclass

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from cdk.config import Environment
from cdk.edge import Firewall, PublicLoadBalancer, PublicLoadBalancerProps, Site
from cdk.images import service_images
from cdk.operations.alarms import Alarms, AlarmsProps
from cdk.operations.calls import scale_with_calls, watch_calls
from cdk.operations.dashboard import Dashboard, DashboardProps
from cdk.operations.metrics import CallMetrics
from cdk.operations.retention import retention
from cdk.reasons import acknowledge
from cdk.services.bot import bot_workload
from cdk.services.client import client_workload
from cdk.services.server import server_workload
from cdk.services.server_function import ServerFunction, ServerFunctionProps
from cdk.services.workload import Hosting, Workload
from cdk.stacks.data import DataStack


@dataclass(frozen=True, kw_only=True)
class ServicesStackProps:
    """What the services need from the other stacks.

    Attributes:
        config: The environment.
        data: Tables, queue, key, log bucket.
        vpc: Where everything runs.
    """

    config: Environment
    data: DataStack
    vpc: ec2.IVpc


class ServicesStack(Stack):
    """The page, the connect server and the bot on their domain."""

    def __init__(self, scope: Construct, *, props: ServicesStackProps, env: Target) -> None:
        """Makes the services and what is in front of them."""
        config = props.config
        super().__init__(
            scope,
            f"{config.prefix}-services",
            env=env,
            description=f"Voice agents, {config.name}: load balancers, services, alarms",
            termination_protection=config.protected,
        )
        self._props = props
        self._images = service_images(self, config)
        self._hosting = self._host()
        self._alarms = Alarms(
            self,
            "Alarms",
            props=AlarmsProps(
                key=props.data.key, name=config.prefix, email=config.operations.alarm_email
            ),
        )
        site = Site(self, "Site", domain=config.domain)
        page = self._balancer("PageBalancer", config.domain.client, site)
        api = self._balancer("ApiBalancer", config.domain.api, site)
        firewall = Firewall(
            self,
            "Firewall",
            name=config.prefix,
            requests_in_five_minutes=config.firewall.requests_in_five_minutes,
            log_retention=self._hosting.log_retention,
        )
        firewall.guard("Page", page.balancer)
        firewall.guard("Api", api.balancer)

        client = self._serve_page(page)
        server = self._serve_api(api)
        bot = self._serve_calls(api)
        self._watch({"client": client, "server": server, "bot": bot.target_group}, bot)
        self._tell()

    def _host(self) -> Hosting:
        config = self._props.config
        insights = ecs.ContainerInsights
        cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self._props.vpc,
            container_insights_v2=insights.ENHANCED
            if config.operations.container_insights
            else insights.DISABLED,
        )
        if not config.operations.container_insights:
            acknowledge(
                cluster,
                {"AwsSolutions-ECS4": "Left out by operations.container_insights, to cost less."},
            )
        return Hosting(
            cluster=cluster,
            prefix=config.prefix,
            architecture=config.images.architecture,
            log_retention=retention(config.operations.log_days),
            log_removal=RemovalPolicy.RETAIN if config.protected else RemovalPolicy.DESTROY,
        )

    def _balancer(self, id: str, name: str, site: Site) -> PublicLoadBalancer:
        config = self._props.config
        return PublicLoadBalancer(
            self,
            id,
            props=PublicLoadBalancerProps(
                vpc=self._props.vpc,
                site=site,
                name=name,
                logs=self._props.data.logs,
                idle_timeout=Duration.seconds(config.drain.idle_timeout_seconds),
                protected=config.protected,
            ),
        )

    def _serve_page(self, page: PublicLoadBalancer) -> elb.ApplicationTargetGroup:
        client = client_workload(
            self,
            "Client",
            config=self._props.config,
            hosting=self._hosting,
            image=self._images.client,
        )
        page.serve(client.target_group)
        unhealthy = self._alarms.on_unhealthy_hosts("client", client.target_group)
        self._alarms.on_no_healthy_host("client", client.target_group)
        self._alarms.on_unreachable("client", page.balancer)
        client.run(balancer=page.balancer, rollback_alarms=[unhealthy.alarm_name])
        return client.target_group

    def _serve_api(self, api: PublicLoadBalancer) -> elb.ApplicationTargetGroup:
        """Serves every path of the API with the connect server, as Fargate tasks or a function."""
        self._alarms.on_unreachable("api", api.balancer)
        if self._props.config.server.compute == "lambda":
            return self._serve_api_with_function(api)
        server = server_workload(
            self,
            "Server",
            config=self._props.config,
            records=self._props.data.records,
            jobs=self._props.data.jobs,
            hosting=self._hosting,
            image=self._images.server,
        )
        self._api_listener = api.serve(server.target_group)
        unhealthy = self._alarms.on_unhealthy_hosts("server", server.target_group)
        self._alarms.on_no_healthy_host("server", server.target_group)
        errors = self._alarms.on_errors("server", server.target_group)
        server.run(balancer=api.balancer, rollback_alarms=[unhealthy.alarm_name, errors.alarm_name])
        return server.target_group

    def _serve_api_with_function(self, api: PublicLoadBalancer) -> elb.ApplicationTargetGroup:
        server = ServerFunction(
            self,
            "Server",
            props=ServerFunctionProps(
                config=self._props.config,
                records=self._props.data.records,
                jobs=self._props.data.jobs,
                code=self._images.server_function,
                log_retention=self._hosting.log_retention,
                log_removal=self._hosting.log_removal,
            ),
        )
        self._api_listener = api.serve(server.target_group)
        self._alarms.on_errors("server", server.target_group)
        self._alarms.add(
            "server-throttled",
            "The connect server's function is called more often than the account allows: "
            "raise Lambda's concurrency quota.",
            server.function.metric_throttles(period=Duration.minutes(1)),
            threshold=1,
            periods=3,
        )
        return server.target_group

    def _serve_calls(self, api: PublicLoadBalancer) -> Workload:
        """Serves the paths of calls with the bot, whose tasks follow the places taken, too."""
        config = self._props.config
        bot = bot_workload(
            self,
            "Bot",
            config=config,
            records=self._props.data.records,
            jobs=self._props.data.jobs,
            transcripts=self._props.data.transcripts,
            hosting=self._hosting,
            image=self._images.bot,
        )
        elb.ApplicationListenerRule(
            self,
            "Calls",
            listener=self._api_listener,
            priority=10,
            conditions=[elb.ListenerCondition.path_patterns(["/ws"])],
            action=elb.ListenerAction.forward([bot.target_group]),
        )
        unhealthy = self._alarms.on_unhealthy_hosts("bot", bot.target_group)
        self._alarms.on_no_healthy_host("bot", bot.target_group)
        tasks = bot.run(balancer=api.balancer, rollback_alarms=[unhealthy.alarm_name])
        self._calls = CallMetrics(self, "CallMetrics", namespace=config.prefix, log=bot.log_group)
        scale_with_calls(tasks, config=config, calls=self._calls, jobs=self._props.data.jobs)
        return bot

    def _watch(self, targets: dict[str, elb.ApplicationTargetGroup], bot: Workload) -> None:
        """Watches what matters to callers, and shows it on one page."""
        config, jobs = self._props.config, self._props.data.jobs
        watch_calls(
            self._alarms,
            config=config,
            calls=self._calls,
            jobs=jobs,
            bots=bot.target_group,
        )
        self._dashboard = Dashboard(
            self,
            "Dashboard",
            props=DashboardProps(
                name=config.prefix,
                alarms=self._alarms.alarms,
                calls=self._calls,
                targets=targets,
                queue=jobs.queue,
                dead_letters=jobs.dead_letters,
            ),
        )

    def _tell(self) -> None:
        """Prints at the end of a deployment what people ask for next."""
        config = self._props.config
        console = f"https://{self.region}.console.aws.amazon.com/cloudwatch/home"
        outputs = {
            "PageUrl": config.client_url,
            "ApiUrl": config.api_url,
            "DashboardUrl": f"{console}?region={self.region}#dashboards/dashboard/{config.prefix}",
            "AlarmTopic": self._alarms.topic.topic_arn,
            "SecretsPrefix": config.parameter_prefix,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
