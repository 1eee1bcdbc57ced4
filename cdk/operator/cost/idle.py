"""What a deployment costs a month while nobody calls.

Numbers of things that the configuration does not say are those of the constructs; a test counts
them in the synthesised templates.
"""

from cdk.config import Environment
from cdk.config.fargate import TaskSize
from cdk.operator.cost import prices
from cdk.operator.cost.assumptions import HOURS_A_MONTH
from cdk.operator.cost.line import Line

LOAD_BALANCERS = 2
FIREWALL_RULES = 4
KEYS = 1
CUSTOM_METRICS = 7
_SHARED_ALARMS = 11
_SERVER_ALARMS = {"fargate": 3, "lambda": 2}
_ENDPOINTS = {"ecr": 2}
"""Interface endpoints a name of the configuration, where it is not one."""

_ALARMS_A_POLICY = 2
"""That target tracking makes by itself: one to scale out, one to scale in."""

_POLLS_AN_HOUR = 3600 / 3
"""Of one process that waits for a job: ``WAIT_SECONDS`` of ``services.bot.processes.pulling``."""

_INSIGHTS_METRICS_A_TASK = 40
"""About as many as Container Insights reports for a task and its container."""


def alarms(config: Environment) -> int:
    """How many alarms the stacks make for people."""
    of_the_queue = 1 if config.uses_daily else 0
    return _SHARED_ALARMS + _SERVER_ALARMS[config.server.compute] + of_the_queue


def tracking_policies(config: Environment) -> int:
    """How many target-tracking policies the stacks make: one a service, and the bot's second."""
    return len(fargate_sizes(config)) + 1


def stepping_policies(config: Environment) -> int:
    """How many policies with an alarm of their own: the bot's, by the jobs that wait."""
    return 1 if config.uses_daily else 0


def endpoints(config: Environment) -> int:
    """How many interface endpoints the stacks make."""
    return sum(_ENDPOINTS.get(name, 1) for name in config.network.interface_endpoints)


def fargate_sizes(config: Environment) -> dict[str, TaskSize]:
    """What runs as tasks."""
    sizes: dict[str, TaskSize] = {"client": config.client, "bot": config.bot}
    if config.server.compute == "fargate":
        sizes["server"] = config.server
    return sizes


def task_hour(config: Environment, size: TaskSize) -> float:
    """Dollars for one task of this size, an hour."""
    architecture = config.images.architecture
    vcpus = size.cpu / 1024 * prices.VCPU_HOUR[architecture].usd
    return vcpus + size.memory / 1024 * prices.GIB_HOUR[architecture].usd


def _polls_an_hour(config: Environment) -> float:
    waiting = config.bot.min_tasks * config.bot.spare_sessions
    return _POLLS_AN_HOUR * waiting if config.uses_daily else 0.0


def idle_lines(config: Environment) -> list[Line]:
    """The month's bill, item by item."""
    zones = len(config.network.availability_zones)
    gateways = config.network.nat_gateways
    sizes = fargate_sizes(config)
    tasks = sum(size.min_tasks for size in sizes.values())
    addresses = LOAD_BALANCERS * zones + gateways
    all_alarms = (
        alarms(config) + _ALARMS_A_POLICY * tracking_policies(config) + stepping_policies(config)
    )
    insights = tasks * _INSIGHTS_METRICS_A_TASK if config.operations.container_insights else 0
    return [
        *(
            Line(
                f"Fargate, {name}",
                HOURS_A_MONTH * sizes[name].min_tasks * task_hour(config, sizes[name])
                if name in sizes
                else 0.0,
            )
            for name in ("client", "server", "bot")
        ),
        Line("load balancers", HOURS_A_MONTH * LOAD_BALANCERS * prices.BALANCER_HOUR.usd),
        Line("NAT gateways", HOURS_A_MONTH * gateways * prices.NAT_HOUR.usd),
        Line("public addresses", HOURS_A_MONTH * addresses * prices.ADDRESS_HOUR.usd),
        Line(
            "interface endpoints",
            HOURS_A_MONTH * endpoints(config) * zones * prices.ENDPOINT_HOUR.usd,
        ),
        Line("firewall", prices.ACL_MONTH.usd + FIREWALL_RULES * prices.RULE_MONTH.usd),
        Line("encryption key", KEYS * prices.KEY_MONTH.usd),
        Line(
            "alarms and metrics",
            all_alarms * prices.ALARM_MONTH.usd + CUSTOM_METRICS * prices.METRIC_MONTH.usd,
        ),
        Line("jobs queue", HOURS_A_MONTH * _polls_an_hour(config) * prices.QUEUE_REQUEST.usd),
        Line("Container Insights", insights * prices.INSIGHTS_METRIC_MONTH.usd),
        Line("dashboard", prices.DASHBOARD_MONTH.usd),
    ]
