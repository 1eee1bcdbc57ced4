"""What an agent remembers of its callers from call to call.

Nothing is remembered unless the agent's file has a table `[memory]` and access control knows who
the caller is. Facts are short sentences, kept for as many days as the file says, and read once when
a call begins. They are quoted to the model as data: what somebody said in an earlier call is never
an instruction.
"""

from services.bot.memory.description import MEMORY_TOOLS, Remembering
from services.bot.memory.recollection import Recollection
from services.bot.memory.store import Fact, MemoryStore

__all__ = ["MEMORY_TOOLS", "Fact", "MemoryStore", "Recollection", "Remembering"]
