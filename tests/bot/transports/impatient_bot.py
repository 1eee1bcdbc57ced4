"""The bot, which waits for a caller's stuck socket for a moment only.

Run: `python -m tests.bot.transports.impatient_bot`, like `python -m services.bot`.
"""

import sys

from services.bot.__main__ import main
from services.bot.transports import steady_websocket

if __name__ == "__main__":
    steady_websocket.STUCK_SECONDS = 0.5
    sys.exit(main())
