"""The parts that run in the cloud: the connect server, the bot and what the two share.

Nothing below this package knows of `local` or `cdk`.
"""
