"""May this account use the model, where the configuration calls it?"""

from cdk.config import Environment
from cdk.operator.account import Account
from cdk.operator.doctor.finding import Finding, good, wrong


def check_model(config: Environment, account: Account) -> list[Finding]:
    """The model is in the Region, and the account has access to it."""
    nova = config.nova
    bedrock = account.client("bedrock", region=nova.region)
    where = f"{nova.model} in {nova.region}"
    try:
        answer = bedrock.get_foundation_model_availability(modelId=nova.model)
    except (bedrock.exceptions.ResourceNotFoundException, bedrock.exceptions.ValidationException):
        return [wrong("model", f"Bedrock knows no {where}: correct nova.model or nova.region")]
    if answer["regionAvailability"] != "AVAILABLE":
        return [wrong("model", f"there is no {where}: choose another nova.region")]
    if answer["authorizationStatus"] != "AUTHORIZED":
        return [
            wrong(
                "model",
                f"these credentials may not use {where}: allow bedrock:InvokeModel, and look for "
                "a service control policy that denies it",
            )
        ]
    agreed = answer.get("agreementAvailability", {}).get("status", "AVAILABLE")
    if answer["entitlementAvailability"] != "AVAILABLE" or agreed != "AVAILABLE":
        return [
            wrong(
                "model",
                f"the account has no access to {where} yet: ask for it in the Bedrock console, "
                f"https://{nova.region}.console.aws.amazon.com/bedrock/home#/modelaccess",
            )
        ]
    return [good("model", where)]
