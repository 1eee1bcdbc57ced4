"""What the connect server and the bot share: settings, session records, tickets, errors, logging.

Nothing here knows HTTP routes, pipelines or the laptop's stand-ins.
"""
