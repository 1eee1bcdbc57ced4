"""One Fargate service behind a load balancer, hardened the same way whatever it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.config.fargate import Architecture, TaskSize
from cdk.network.vpc import HTTPS
from cdk.reasons import acknowledge

_USER = "10001:10001"
"""The user of every image: one without a name on any host, and without rights."""

_HEALTHY_CPU_PERCENT = 60


@dataclass(frozen=True, kw_only=True)
class Hosting:
    """What all services share.

    Attributes:
        cluster: Where they run.
        prefix: What their names begin with.
        architecture: Of their images.
        log_retention: How long their logs are kept.
        log_removal: What becomes of the logs when the stack is deleted.
    """

    cluster: ecs.ICluster
    prefix: str
    architecture: Architecture
    log_retention: logs.RetentionDays
    log_removal: RemovalPolicy


@dataclass(frozen=True, kw_only=True)
class WorkloadProps:
    """What one service needs.

    Attributes:
        hosting: What all services share.
        name: The container's name, and the logs'.
        image: What runs.
        size: How large a task is, and how many there may be.
        port: Where it serves.
        health_port: Where it answers ``/health``.
        health_command: What asks for that inside the container.
        environment: Its settings; none of them is secret.
        grants: What its role may do.
        egress: Where it may connect to besides port 443, by purpose.
        deregistration_delay: How long a task that is to go keeps its connections.
        stop_timeout: How long it has after SIGTERM.
        algorithm: How the load balancer chooses a task.
        availability_zone_rebalancing: Whether ECS may move tasks to even the zones out.
        scale_in_cooldown: How long after tasks were taken away others may be.
    """

    hosting: Hosting
    name: str
    image: ecs.ContainerImage
    size: TaskSize
    port: int
    health_port: int
    health_command: Sequence[str]
    environment: Mapping[str, str]
    grants: Sequence[iam.PolicyStatement] = field(default=())
    egress: Mapping[str, ec2.Port] = field(default_factory=dict)
    deregistration_delay: Duration = field(default_factory=lambda: Duration.seconds(30))
    stop_timeout: Duration = field(default_factory=lambda: Duration.seconds(30))
    algorithm: elb.TargetGroupLoadBalancingAlgorithmType = (
        elb.TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN
    )
    availability_zone_rebalancing: bool = True
    scale_in_cooldown: Duration = field(default_factory=lambda: Duration.minutes(5))


class Workload(Construct):
    """A service: roles, logs, task, tasks' number, target group.

    It can be reached by the load balancer alone. It reaches whatever speaks TLS, because the
    gateway endpoints of S3 and DynamoDB have public addresses and the model may be in another
    Region.
    """

    def __init__(self, scope: Construct, id: str, *, props: WorkloadProps) -> None:
        """Makes everything but the service itself, which `run` adds."""
        super().__init__(scope, id)
        self._props = props
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=props.hosting.log_retention,
            removal_policy=props.hosting.log_removal,
        )
        self._task = self._define_task()
        self.target_group = elb.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=props.hosting.cluster.vpc,
            target_type=elb.TargetType.IP,
            protocol=elb.ApplicationProtocol.HTTP,
            port=props.port,
            deregistration_delay=props.deregistration_delay,
            load_balancing_algorithm_type=props.algorithm,
            health_check=elb.HealthCheck(
                path="/health",
                port=str(props.health_port),
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
                healthy_http_codes="200",
            ),
        )

    def run(
        self, *, balancer: elb.IApplicationLoadBalancer, rollback_alarms: Sequence[str]
    ) -> ecs.ScalableTaskCount:
        """Runs the tasks behind ``balancer``, whose listener knows the target group already.

        Args:
            balancer: The only one that may connect to the tasks.
            rollback_alarms: Names of the alarms that undo a deployment.

        Returns:
            The number of tasks, which follows the CPU and may follow more.
        """
        props = self._props
        group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=props.hosting.cluster.vpc,
            description=f"Tasks of {props.name}",
            allow_all_outbound=False,
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS services")
        for purpose, port in props.egress.items():
            group.add_egress_rule(ec2.Peer.any_ipv4(), port, purpose)
        rebalancing = ecs.AvailabilityZoneRebalancing
        service = ecs.FargateService(
            self,
            "Service",
            cluster=props.hosting.cluster,
            task_definition=self._task,
            assign_public_ip=False,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[group],
            min_healthy_percent=100,
            max_healthy_percent=200,
            health_check_grace_period=Duration.seconds(60),
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            deployment_alarms=ecs.DeploymentAlarmConfig(
                alarm_names=rollback_alarms, behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM
            ),
            availability_zone_rebalancing=rebalancing.ENABLED
            if props.availability_zone_rebalancing
            else rebalancing.DISABLED,
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
        # Or the first tasks may start before they are allowed to pull their image.
        service.node.add_dependency(self._task.obtain_execution_role())
        self.target_group.add_target(
            service.load_balancer_target(container_name=props.name, container_port=props.port)
        )
        if props.health_port != props.port:
            service.connections.allow_from(
                balancer, ec2.Port.tcp(props.health_port), "Health checks"
            )
        scaling = service.auto_scale_task_count(
            min_capacity=props.size.min_tasks, max_capacity=props.size.max_tasks
        )
        scaling.scale_on_cpu_utilization(
            "Cpu",
            target_utilization_percent=_HEALTHY_CPU_PERCENT,
            scale_in_cooldown=props.scale_in_cooldown,
            scale_out_cooldown=Duration.seconds(30),
        )
        return scaling

    def _define_task(self) -> ecs.FargateTaskDefinition:
        props = self._props
        architectures = {"arm64": ecs.CpuArchitecture.ARM64, "x86_64": ecs.CpuArchitecture.X86_64}
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=f"{props.hosting.prefix}-{props.name}",
            cpu=props.size.cpu,
            memory_limit_mib=props.size.memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=architectures[props.hosting.architecture],
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            execution_role=self._role("ExecutionRole", "pulls the image and writes the logs"),
            task_role=self._task_role(),
            volumes=[ecs.Volume(name="tmp")],
        )
        hardened = ecs.LinuxParameters(self, "Hardened")
        hardened.drop_capabilities(ecs.Capability.ALL)
        container = task.add_container(
            props.name,
            image=props.image,
            container_name=props.name,
            environment=dict(props.environment),
            port_mappings=[
                ecs.PortMapping(container_port=port)
                for port in dict.fromkeys((props.port, props.health_port))
            ],
            health_check=ecs.HealthCheck(
                command=["CMD", *props.health_command],
                interval=Duration.seconds(30),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(60),
            ),
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=props.name,
                log_group=self.log_group,
                # A log that CloudWatch takes too slowly must not hold up somebody's call.
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
            ),
            user=_USER,
            readonly_root_filesystem=True,
            linux_parameters=hardened,
            stop_timeout=props.stop_timeout,
        )
        container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume="tmp", read_only=False)  # noqa: S108
        )
        acknowledge(
            task,
            {"AwsSolutions-ECS2": "The variables are settings; secrets are in Parameter Store."},
        )
        return task

    def _task_role(self) -> iam.Role:
        role = self._role("TaskRole", f"is what {self._props.name} calls AWS as")
        for statement in self._props.grants:
            role.add_to_policy(statement)
        return role

    def _role(self, id: str, purpose: str) -> iam.Role:
        """A role for this account's tasks only, whoever else may ask ECS to pass it on."""
        stack = Stack.of(self)
        tasks = stack.format_arn(service="ecs", resource="*", arn_format=ArnFormat.NO_RESOURCE_NAME)
        role = iam.Role(
            self,
            id,
            description=f"{purpose[0].upper()}{purpose[1:]}",
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": tasks},
                },
            ),
        )
        if id == "ExecutionRole":
            acknowledge(
                role,
                {"AwsSolutions-IAM5[Resource::*]": "ecr:GetAuthorizationToken knows no resource."},
            )
        return role
