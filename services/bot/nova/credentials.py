"""Who signs a stream: static keys, or what the AWS provider chain finds, fresh for every stream."""

import asyncio

import botocore.session
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from smithy_aws_core.identity import AWSCredentialsIdentity

from services.bot.nova.errors import CredentialsRefused, Unreachable
from services.bot.nova.settings import NovaSettings


async def fresh_identity(settings: NovaSettings) -> AWSCredentialsIdentity:
    """The identity for one new stream.

    The signatures of a stream's events form a chain that a change of keys breaks, so a stream keeps
    the identity it began with and the next one asks here again.

    The chain is botocore's, in a thread: it is what every other part of the service uses and knows
    sources that the bedrock SDK's does not (shared profiles, SSO, assumed roles, EKS). A new
    botocore session each time sees a key that was replaced on disk.

    Raises:
        CredentialsRefused: No source has credentials.
        Unreachable: The source did not answer in time.
    """
    if settings.access_key_id is not None and settings.secret_access_key is not None:
        token = settings.session_token
        return AWSCredentialsIdentity(
            access_key_id=settings.access_key_id.get_secret_value(),
            secret_access_key=settings.secret_access_key.get_secret_value(),
            session_token=token.get_secret_value() if token else None,
        )
    try:
        async with asyncio.timeout(settings.credentials_seconds):
            keys = await asyncio.to_thread(_from_provider_chain)
    except TimeoutError:
        raise Unreachable("the AWS credentials' source did not answer") from None
    return AWSCredentialsIdentity(
        access_key_id=keys.access_key or "",
        secret_access_key=keys.secret_key or "",
        session_token=keys.token,
    )


def _from_provider_chain() -> ReadOnlyCredentials:
    try:
        found = botocore.session.Session().get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        raise CredentialsRefused(f"no AWS credentials: {error}") from None
    if keys is None:
        raise CredentialsRefused("no AWS credentials: set NOVA_AWS_ACCESS_KEY_ID, or give a role")
    return keys
