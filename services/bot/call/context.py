"""What a call lets its agent's tools know and do."""

from collections.abc import Sequence

from services.bot.agent import Agent
from services.bot.call.farewell import Farewell
from services.bot.mcp_servers import ServerTools
from services.bot.memory import Recollection
from services.bot.recording.recording import Recording
from services.bot.resources import Resources
from services.bot.toolbox import ToolContext
from services.common.sessions import Session, Turn


async def tool_context(
    session: Session,
    agent: Agent,
    resources: Resources,
    farewell: Farewell,
    recording: Recording | None = None,
) -> ToolContext:
    """What the tools of one call may know and do.

    Args:
        session: The call's session.
        agent: Who answers.
        resources: What every call needs.
        farewell: Who hangs up when the agent wants it.
        recording: What is being recorded of the call, where it may be.
    """

    async def transcript() -> Sequence[Turn]:
        return await resources.sessions.turns(session.session_id)

    servers = None
    if agent.mcp:
        own = [tool.name for tool in agent.tool_functions()]
        servers = await ServerTools.open(agent.mcp, resources.listing, own)
    return ToolContext(
        session.session_id,
        resources.dynamodb,
        resources.settings.orders_table,
        agent=agent.key,
        knowledge=resources.library.shelf(agent.knowledge),
        memory=await _memory(session, agent, resources),
        recording=recording,
        servers=servers,
        transcript=transcript,
        hang_up=farewell.begin,
        hand_over=resources.reception.take if resources.reception is not None else None,
    )


async def tools_over(context: ToolContext, farewell: Farewell) -> None:
    """Lets go of what only this call's tools needed."""
    farewell.close()
    if context.servers is not None:
        await context.servers.close()


async def _memory(session: Session, agent: Agent, resources: Resources) -> Recollection | None:
    """What is known of the caller; None where nothing may be remembered."""
    if agent.memory is None or session.caller is None:
        return None
    recollection = Recollection(resources.memories, session.caller, agent.key, agent.memory)
    await recollection.load()
    return recollection
