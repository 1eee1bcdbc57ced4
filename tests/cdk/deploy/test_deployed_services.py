"""Services, their tasks, their number, and what watches them."""

import json

import pytest

from tests.cdk.deploy.place import Described, Place

pytestmark = pytest.mark.xdist_group("deploy")


def way_out(place: Place, subnet: str) -> str:
    """What carries a subnet's traffic to the Internet."""
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (table,) = place.cloud.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    (route,) = [r for r in table["Routes"] if r.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return "NAT" if route.get("NatGatewayId") else str(route["GatewayId"]).split("-")[0]


def allowed_ports(place: Place, balancer: Described, group: str) -> set[tuple[str, int, int]]:
    """Ports that a load balancer may ask and that a service's security group lets it ask."""
    found = place.cloud.client("ec2").describe_security_groups(
        GroupIds=[*balancer["SecurityGroups"], group]
    )["SecurityGroups"]
    groups = {one["GroupId"]: one for one in found}

    def ports(of: str, direction: str, to: str) -> set[tuple[str, int, int]]:
        return {
            (rule["IpProtocol"], rule["FromPort"], rule["ToPort"])
            for rule in groups[of][direction]
            if to in [pair["GroupId"] for pair in rule.get("UserIdGroupPairs", [])]
        }

    (own,) = balancer["SecurityGroups"]
    asked, answered = ports(own, "IpPermissionsEgress", group), ports(group, "IpPermissions", own)
    assert asked == answered
    return answered


def test_the_file_decides_what_runs(small: Place, large: Place) -> None:
    assert set(large.services) == {"client", "server", "bot"}
    assert set(small.services) == {"client", "bot"}
    assert small.function["Configuration"]["PackageType"] == "Image"


def test_a_service_serves_where_its_target_group_asks(place: Place) -> None:
    outputs = place.outputs()
    for name, service in place.services.items():
        (group,) = place.cloud.client("elbv2").describe_target_groups(
            TargetGroupArns=[place.target_group_of(name)]
        )["TargetGroups"]
        told, (behind,) = place.told(name), service["loadBalancers"]
        health = told.get("ADMIN_PORT", told["PORT"])
        assert group["Port"] == behind["containerPort"] == int(told["PORT"])
        assert (group["HealthCheckPath"], group["HealthCheckPort"]) == ("/health", health)
        assert behind["containerName"] == place.container(name)["name"]
        mapped = {mapping["containerPort"] for mapping in place.container(name)["portMappings"]}
        assert mapped == {int(told["PORT"]), int(health)}
        (own,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
        balancer = place.balancer(outputs["PageUrl" if name == "client" else "ApiUrl"])
        assert allowed_ports(place, balancer, own) == {("tcp", port, port) for port in mapped}


def test_tasks_are_private_and_load_balancers_are_not(place: Place) -> None:
    for service in place.services.values():
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        assert network["assignPublicIp"] == "DISABLED"
        assert len(network["subnets"]) == len(place.config.network.availability_zones)
        assert {way_out(place, subnet) for subnet in network["subnets"]} == {"NAT"}
    balancer = place.balancer(place.outputs()["PageUrl"])
    subnets = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
    assert {way_out(place, subnet) for subnet in subnets} == {"igw"}


def test_a_task_is_what_the_file_says(place: Place) -> None:
    for name in place.services:
        task, size = place.task(name), getattr(place.config, name)
        assert (int(task["cpu"]), int(task["memory"])) == (size.cpu, size.memory)
        assert (
            task["runtimePlatform"]["cpuArchitecture"].lower() == place.config.images.architecture
        )
        images = place.config.images
        assert place.container(name)["image"].endswith(
            f"/{images.repositories}/{name}:{images.tag}"
        )
        assert task["taskRoleArn"] != task["executionRoleArn"]


def test_the_number_of_tasks_follows_what_the_file_allows(place: Place) -> None:
    scaling = place.cloud.client("application-autoscaling")
    targets = {
        target["ResourceId"]: (target["MinCapacity"], target["MaxCapacity"])
        for target in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    }
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    for name, service in place.services.items():
        cluster = service["clusterArn"].rpartition("/")[2]
        id = f"service/{cluster}/{service['serviceName']}"
        size = getattr(place.config, name)
        if size.max_tasks > size.min_tasks:
            assert targets[id] == (size.min_tasks, size.max_tasks)
            assert [policy for policy in policies if policy["ResourceId"] == id]


def alarms(place: Place) -> list[Described]:
    """Every alarm."""
    found: list[Described] = place.cloud.client("cloudwatch").describe_alarms(
        AlarmNames=place.ids("AWS::CloudWatch::Alarm")
    )["MetricAlarms"]
    return found


def test_alarms_watch_what_is_there_and_tell_people_or_add_tasks(place: Place) -> None:
    there = {
        "TargetGroup": place.ids("AWS::ElasticLoadBalancingV2::TargetGroup"),
        "LoadBalancer": place.ids("AWS::ElasticLoadBalancingV2::LoadBalancer"),
    }
    scaling = place.ids("AWS::ApplicationAutoScaling::ScalingPolicy")
    for alarm in alarms(place):
        (action,) = alarm["AlarmActions"]
        assert action in [place.outputs()["AlarmTopic"], *scaling]
        for dimension in alarm.get("Dimensions", []):
            if dimension["Name"] in there:
                ends = [arn.endswith(dimension["Value"]) for arn in there[dimension["Name"]]]
                assert sum(ends) == 1, alarm["AlarmName"]


def test_metrics_come_from_the_bots_log(place: Place) -> None:
    log = place.container("bot")["logConfiguration"]["options"]["awslogs-group"]
    filters = place.cloud.client("logs").describe_metric_filters(logGroupName=log)["metricFilters"]
    made = {
        (transformation["metricNamespace"], transformation["metricName"])
        for one in filters
        for transformation in one["metricTransformations"]
    }
    watched = {
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in alarms(place)
        if not alarm.get("Namespace", "AWS/").startswith("AWS/")
    }
    assert watched
    assert watched <= made


def test_the_dashboard_shows_every_alarm_that_tells_people(place: Place) -> None:
    cloudwatch = place.cloud.client("cloudwatch")
    body = cloudwatch.get_dashboard(DashboardName=place.config.prefix)["DashboardBody"]
    shown = {
        arn
        for widget in json.loads(body)["widgets"]
        for arn in widget["properties"].get("alarms", [])
    }
    topic = place.outputs()["AlarmTopic"]
    assert shown == {a["AlarmArn"] for a in alarms(place) if topic in a["AlarmActions"]}
