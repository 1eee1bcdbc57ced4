"""What `cdk.operations` makes: alarms, who hears of them, metrics from logs."""

from functools import partial

from tests.cdk.moto_server.api import call, client
from tests.cdk.moto_server.teaching import Made, Properties, teach, value_of


@teach("AWS::CloudWatch::Alarm")
def _alarm(name: str, given: Properties) -> Made:
    given = {"AlarmName": name, **given}
    call("cloudwatch", "PutMetricAlarm", **given)
    names = [given["AlarmName"]]
    (made,) = client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return Made(
        physical_resource_id=names[0],
        attributes={"Arn": value_of(made["AlarmArn"])},
        undo=partial(call, "cloudwatch", "DeleteAlarms", AlarmNames=names),
    )


@teach("AWS::Logs::MetricFilter")
def _metric_filter(name: str, given: Properties) -> Made:
    given = {"FilterName": name, **given}
    call("logs", "PutMetricFilter", **given)
    which = {"logGroupName": given["LogGroupName"], "filterName": given["FilterName"]}
    return Made(
        physical_resource_id=given["FilterName"],
        undo=partial(call, "logs", "DeleteMetricFilter", **which),
    )


@teach("AWS::SNS::TopicPolicy")
def _topic_policy(name: str, given: Properties) -> Made:
    for arn in given["Topics"]:
        call(
            "sns",
            "SetTopicAttributes",
            TopicArn=arn,
            AttributeName="Policy",
            AttributeValue=given["PolicyDocument"],
        )
    return Made(physical_resource_id=name)


@teach("AWS::SNS::Subscription")
def _subscription(name: str, given: Properties) -> Made:
    arn = call("sns", "Subscribe", **given)["SubscriptionArn"]
    return Made(
        physical_resource_id=arn,
        undo=partial(call, "sns", "Unsubscribe", SubscriptionArn=arn),
    )
