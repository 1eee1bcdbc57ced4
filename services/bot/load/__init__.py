"""Whether this task carries its calls: a full processor makes sound late long before it fails.

Every process, with a call or idle, takes the time of its own event loop and, in a call, notes how
late the caller's sound comes (`lag`, `services.bot.transports.late_sound`). Once a second it tells
the supervisor, who lets all of them vote (`overload`). A process that is slow by itself, because a
tool blocks it or its caller's network stalls, is outvoted; when most are late, the processor is
full. Then the task lets nobody in until that is over. Calls that are there go on.
"""

from services.bot.load.lag import longest_lag
from services.bot.load.overload import Load, Overload

__all__ = ["Load", "Overload", "longest_lag"]
