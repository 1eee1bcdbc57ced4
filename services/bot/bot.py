"""The same bot under Pipecat's own runner: `python -m services.bot.bot -t webrtc`.

The runner brings its page, its endpoints and its deployments; the call is ours, with its agent, its
tools and its session record. All calls share one process there, and nobody needs a ticket.
"""

import dataclasses
import functools
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pipecat.runner.types import (
    RunnerArguments,
    SmallWebRTCRunnerArguments,
    WebSocketRunnerArguments,
)

from services.bot.admission import session_without_ticket
from services.bot.agent import AgentError
from services.bot.call.call import Call
from services.bot.resources import Resources
from services.bot.settings import BotSettings
from services.bot.transports import Line
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.websocket import WebSocketLine
from services.common.sessions import Transport
from services.common.settings import load_settings


async def bot(runner_args: RunnerArguments) -> None:
    """Serves one call that Pipecat's runner received.

    Args:
        runner_args: The caller's connection; its body may name an agent, `{"agent": "…"}`.

    Raises:
        AgentError: There is no such agent.
        FleetFull: There are as many calls as `MAX_CALLS` lets there be.
        TypeError: The caller came over a transport that the bot does not know.
    """
    resources = dataclasses.replace(_resources(), voice_activity=None)
    body = runner_args.body if isinstance(runner_args.body, dict) else {}
    key = str(body.get("agent", resources.settings.agents[0]))
    if key not in resources.agents:
        raise AgentError(
            f"there is no agent named {key!r}; there are {', '.join(resources.agents)}"
        )
    line, transport = _line(runner_args)
    await resources.warm_up()
    agent = resources.agents[key]
    session = await session_without_ticket(resources.sessions, agent, over=transport)
    await Call(session, agent, line, resources).run()


def _line(runner_args: RunnerArguments) -> tuple[Line, Transport]:
    match runner_args:
        case WebSocketRunnerArguments():
            socket = CallerSocket.adopt(runner_args.websocket)
            line = WebSocketLine(socket, subprotocol=None, speaks_rtvi=True, resumable=False)
            return line, "websocket"
        case SmallWebRTCRunnerArguments():
            from services.bot.transports.webrtc import WebRtcLine

            return WebRtcLine(runner_args.webrtc_connection, resumable=False), "webrtc"
        case _:
            raise TypeError(f"no transport for {type(runner_args).__name__}")


@functools.cache
def _resources() -> Resources:
    return Resources.gather(load_settings(BotSettings))


if __name__ == "__main__":
    from pipecat.runner.run import main

    main()
