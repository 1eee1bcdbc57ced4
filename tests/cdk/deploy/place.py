"""One environment in the account, and how tests find their way in it by what things are for."""

import fnmatch
import functools
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cdk.config import Environment
from tests.cdk.deploy.cloud import REGION, ZONE_ID, Cloud, Keys

STACKS = ("data", "network", "services")

Described = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """An environment.

    Attributes:
        cloud: The account.
        config: What was deployed.
    """

    cloud: Cloud
    config: Environment

    def stacks(self) -> list[str]:
        """The stacks' names."""
        return [f"{self.config.prefix}-{part}" for part in STACKS]

    def ids(self, type: str) -> list[str]:
        """What `Ref` gives for every resource of a type."""
        return self._ids.get(type, [])

    @functools.cached_property
    def _ids(self) -> dict[str, list[str]]:
        formation = self.cloud.client("cloudformation")
        found: dict[str, list[str]] = {}
        for stack in self.stacks():
            made = formation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
            for resource in made:
                ids = found.setdefault(resource["ResourceType"], [])
                ids.append(resource["PhysicalResourceId"])
        return found

    def outputs(self) -> dict[str, str]:
        """What the deployment printed for people."""
        stacks = self.cloud.client("cloudformation").describe_stacks(StackName=self.stacks()[-1])
        return {o["OutputKey"]: o["OutputValue"] for o in stacks["Stacks"][0]["Outputs"]}

    # What runs

    @functools.cached_property
    def services(self) -> dict[str, Described]:
        """The ECS services, by the name of what they run."""
        ecs = self.cloud.client("ecs")
        (cluster,) = self.ids("AWS::ECS::Cluster")
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        found = ecs.describe_services(cluster=cluster, services=arns)["services"]
        families = [one["taskDefinition"].split("/")[1].rpartition(":")[0] for one in found]
        return {
            family.removeprefix(f"{self.config.prefix}-"): service
            for family, service in zip(families, found, strict=True)
        }

    def task(self, service: str) -> Described:
        """A service's task definition."""
        arn = self.services[service]["taskDefinition"]
        found: Described = self.cloud.client("ecs").describe_task_definition(taskDefinition=arn)
        task: Described = found["taskDefinition"]
        return task

    def container(self, service: str) -> Described:
        """The only container of a service's tasks."""
        (container,) = self.task(service)["containerDefinitions"]
        found: Described = container
        return found

    @functools.cached_property
    def function(self) -> Described:
        """The connect server's function."""
        (name,) = self.ids("AWS::Lambda::Function")
        found: Described = self.cloud.client("lambda").get_function(FunctionName=name)
        return found

    def told(self, service: str) -> dict[str, str]:
        """The environment that a service starts with; Lambda adds the Region by itself."""
        if service not in self.services:
            variables = self.function["Configuration"]["Environment"]["Variables"]
            return {**variables, "AWS_REGION": REGION}
        return {v["name"]: v["value"] for v in self.container(service)["environment"]}

    def role(self, service: str) -> str:
        """The ARN of what a service calls AWS as."""
        if service not in self.services:
            return str(self.function["Configuration"]["Role"])
        return str(self.task(service)["taskRoleArn"])

    def keys(self, service: str) -> Keys:
        """Credentials of a service's role, as ECS and Lambda hand them out."""
        assumed = self.cloud.client("sts").assume_role(
            RoleArn=self.role(service), RoleSessionName=service
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
            "AWS_SESSION_TOKEN": assumed["SessionToken"],
        }

    # Who is behind an address

    def balancer(self, url: str) -> Described:
        """The load balancer that both kinds of records of an address lead to."""
        host = urlsplit(url).hostname
        records = self.cloud.client("route53").list_resource_record_sets(HostedZoneId=ZONE_ID)
        targets = {
            record["Type"]: record["AliasTarget"]["DNSName"].rstrip(".").removeprefix("dualstack.")
            for record in records["ResourceRecordSets"]
            if record["Name"] == f"{host}."
        }
        assert set(targets) == {"A", "AAAA"}, host
        all_of_them = self.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
        (found,) = [b for b in all_of_them if {b["DNSName"]} == set(targets.values())]
        balancer: Described = found
        return balancer

    def listener(self, url: str) -> Described:
        """The only one of an address's load balancer."""
        arn = self.balancer(url)["LoadBalancerArn"]
        (found,) = self.cloud.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
        listener: Described = found
        return listener

    def target_group(self, url: str) -> str:
        """Who answers a request for ``url``, as a target group's ARN."""
        rules = self.cloud.client("elbv2").describe_rules(
            ListenerArn=self.listener(url)["ListenerArn"]
        )["Rules"]
        rules.sort(key=lambda rule: float(rule["Priority"].replace("default", "inf")))
        path = urlsplit(url).path or "/"
        for rule in rules:
            if all(_matches(condition, path) for condition in rule["Conditions"]):
                (action,) = rule["Actions"]
                return str(action["TargetGroupArn"])
        raise AssertionError(f"nobody answers {url}")

    def target_group_of(self, service: str) -> str:
        """A service's target group."""
        if service not in self.services:
            elb, function = self.cloud.client("elbv2"), self.function["Configuration"]
            for arn in self.ids("AWS::ElasticLoadBalancingV2::TargetGroup"):
                health = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
                if [one["Target"]["Id"] for one in health] == [function["FunctionArn"]]:
                    return arn
            raise AssertionError("the function is in no target group")
        (behind,) = self.services[service]["loadBalancers"]
        return str(behind["targetGroupArn"])


def _matches(condition: Described, path: str) -> bool:
    patterns = condition.get("PathPatternConfig", {}).get("Values", condition.get("Values", []))
    assert condition["Field"] == "path-pattern"
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)
