"""What an IT help desk does for the company's people: tickets, and a new password.

It stands for a ticket system's and a directory's own interfaces: tickets are kept for the length of
the call, as a tool's own state is.
"""

import secrets
from typing import Any, Literal

from services.bot.tools import ToolContext, ToolFailedError, tool

_TICKETS = "help_desk.tickets"

Urgency = Literal["low", "normal", "high"]


@tool(progress="One moment, I am writing that down.")
async def open_ticket(
    problem: str, urgency: Urgency = "normal", *, context: ToolContext
) -> dict[str, Any]:
    """Opens a ticket, so that a colleague calls back.

    Args:
        problem: What does not work, in one sentence.
        urgency: "high" only where the caller cannot work at all.
        context: Where this call's tickets are.
    """
    if not problem.strip():
        raise ToolFailedError("ask the caller first what does not work")
    tickets = context.state.setdefault(_TICKETS, {})
    for number, ticket in tickets.items():
        if ticket["problem"] == problem.strip():
            return {"ticket": number, "urgency": ticket["urgency"], "was_open_already": True}
    # Said aloud, so digits alone and no zero, which some call "oh".
    number = "".join(secrets.choice("123456789") for _ in range(5))
    tickets[number] = {"problem": problem.strip(), "urgency": urgency}
    return {"ticket": number, "urgency": urgency}


async def list_tickets(*, context: ToolContext) -> dict[str, Any]:
    """Lists the tickets that were opened in this call.

    Args:
        context: Where this call's tickets are.
    """
    tickets = context.state.get(_TICKETS, {})
    return {"tickets": [{"ticket": number, **ticket} for number, ticket in tickets.items()]}


@tool(timeout=10)
async def reset_password(user_name: str, *, context: ToolContext) -> dict[str, Any]:
    """Sends a person who forgot the password a link to set a new one, to the known address.

    Args:
        user_name: The name that the person logs in with.
        context: Whose consent is needed.
    """
    name = user_name.strip().lower()
    if not name.replace(".", "").isalnum():
        raise ToolFailedError("a user name is letters and digits; ask the caller to spell it")
    context.consent.ask(f"send {name} a link for a new password")
    return {"sent_to": f"the address on file for {name}", "link_is_good_for_minutes": 15}
