"""What the CDK gives is what the code takes: the services run on it, as their roles.

moto is told to refuse what a role's policies do not allow, so a grant that lacks fails here.
"""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from websockets.asyncio.client import connect

from local.seed import demo_orders
from nova_sonic_emulator import Emulator
from services.bot.settings import BotSettings
from services.common.settings import CommonSettings, read_settings
from services.server.settings import ServerSettings
from tests.bot.conftest import PATIENCE_SECONDS, Bot
from tests.bot.sentences import sentence
from tests.bot.transports.test_browser_protocol import Page
from tests.cdk.deploy.conftest import API_KEY
from tests.cdk.deploy.containers import environment, invoke, request, running
from tests.cdk.deploy.place import Place
from tests.daily_stand_in import serve_daily

pytestmark = pytest.mark.xdist_group("deploy")

_SETTINGS: dict[str, type[CommonSettings]] = {"server": ServerSettings, "bot": BotSettings}


def seed(place: Place) -> None:
    """Puts the demonstration's orders where the bot looks for them."""
    table = place.told("bot")["ORDERS_TABLE"]
    for order in demo_orders(datetime.now(UTC).date()):
        place.cloud.client("dynamodb").put_item(TableName=table, Item=order)


def caller_of(server: Bot) -> httpx.AsyncClient:
    """Somebody with the key, behind the load balancer."""
    headers = {"Authorization": f"Bearer {API_KEY}", "X-Forwarded-Proto": "https"}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS)


async def connected(http: httpx.AsyncClient, transport: str) -> Any:  # noqa: ANN401 - JSON
    """What `POST /connect` answers, once this machine is quick enough for the server's patience."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await http.post("/connect", json={"transport": transport})).is_error:
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.1)
    return answer.json()


async def status(http: httpx.AsyncClient, bot_id: str) -> str:
    """How a call stands, for whoever asks."""
    return str((await http.get(f"/status/{bot_id}")).json()["status"])


@pytest.mark.parametrize("service", ["server", "bot"])
def test_the_settings_are_read_from_what_is_told_and_stored(
    place: Place, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # boto3 would go on with the keys of whoever asked first.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock.patch.dict(os.environ, environment(place, service), clear=True):
        settings = read_settings(_SETTINGS[service])
    told = place.told(service)
    assert set(told) <= {name.upper() for name in type(settings).model_fields}
    assert API_KEY in settings.secrets
    assert settings.sessions_table == told["SESSIONS_TABLE"]
    assert settings.session_retention_days == place.config.operations.record_days


def test_the_function_opens_a_session_and_nobody_does_without_the_key(small: Place) -> None:
    asked = "POST", "/connect", {"transport": "websocket"}
    (status, opened), (refused, _) = invoke(
        small,
        request(small, *asked, authorization=f"Bearer {API_KEY}"),
        request(small, *asked),
    )
    assert (status, refused) == (200, 401), opened
    api = urlsplit(small.outputs()["ApiUrl"]).hostname
    assert opened["wsUrl"].startswith(f"wss://{api}/ws?ticket=")
    sessions = small.told("bot")["SESSIONS_TABLE"]
    assert small.cloud.client("dynamodb").scan(TableName=sessions)["Count"] > 0


async def test_a_call_from_connect_to_the_record(large: Place) -> None:
    seed(large)
    keys = large.keys("bot")
    known = {keys["AWS_ACCESS_KEY_ID"]: keys["AWS_SECRET_ACCESS_KEY"]}
    with serve_daily() as daily:
        async with (
            Emulator(credentials=known) as emulator,
            running(large, "server", "server listening", DAILY_API_URL=daily.url) as server,
            running(
                large,
                "bot",
                "bot is listening",
                **keys,
                AWS_ENDPOINT_URL_BEDROCK_RUNTIME=emulator.url,
                DAILY_API_URL=daily.url,
                SSL_CERT_FILE=str(emulator.ca_file),
            ) as bot,
            caller_of(server) as http,
        ):
            opened = await connected(http, "websocket")
            api, page_origin = urlsplit(large.outputs()["ApiUrl"]), large.outputs()["PageUrl"]
            address = urlsplit(opened["wsUrl"])
            assert (address.scheme, address.hostname, address.path) == ("wss", api.hostname, "/ws")
            # What the load balancer does, as `test_each_path_leads_to_its_service` found.
            there = f"{bot.web_socket}?{address.query}"
            async with Page(await connect(there, origin=page_origin, compression=None)) as page:
                await page.is_ready()
                await page.message("bot-stopped-speaking")
                speaking = asyncio.create_task(page.say(sentence("where_is_my_order_4217")))
                await page.message("llm-function-call-in-progress", function_name="track_order")
                await speaking
                assert await status(http, opened["bot_id"]) == "active"
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await status(http, opened["bot_id"]) != "ended":  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await bot.line("transcript written")
    assert "toolResult" in emulator.streams[-1].input_names()
    assert [line for line in bot.lines if line.get("level") in ("ERROR", "CRITICAL")] == []


async def test_a_call_over_daily_becomes_a_job_that_the_bot_may_take(large: Place) -> None:
    with serve_daily() as daily:
        async with (
            running(large, "server", "server listening", DAILY_API_URL=daily.url) as server,
            caller_of(server) as http,
        ):
            opened = await connected(http, "daily")
    queue = {"QueueUrl": large.told("bot")["JOBS_QUEUE_URL"]}
    sqs = large.cloud.client("sqs", large.keys("bot"))
    (job,) = sqs.receive_message(**queue)["Messages"]
    assert opened["bot_id"].removeprefix("bot_") in job["Body"]
    sqs.delete_message(**queue, ReceiptHandle=job["ReceiptHandle"])


def test_a_role_is_refused_what_the_code_does_not_ask_for(large: Place) -> None:
    sessions, prefix = large.told("bot")["SESSIONS_TABLE"], large.told("bot")["PARAMETER_PREFIX"]
    forbidden = [
        ("client", "ssm", "get_parameters", {"Names": [f"{prefix}/API_KEY"]}),
        ("server", "ssm", "get_parameters", {"Names": [f"{prefix}/NOVA_AWS_SECRET_ACCESS_KEY"]}),
        ("server", "ssm", "get_parameters", {"Names": ["/voice-agents/small/API_KEY"]}),
        ("server", "dynamodb", "scan", {"TableName": sessions}),
        ("bot", "dynamodb", "scan", {"TableName": large.told("bot")["ORDERS_TABLE"]}),
        ("bot", "dynamodb", "delete_table", {"TableName": sessions}),
    ]
    for service, api, operation, asked in forbidden:
        client = large.cloud.client(api, large.keys(service))
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**asked)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException", operation
