"""The bot: one Pipecat pipeline a call, one operating-system process a session.

`processes` holds the supervisor and the session processes that it forks, `endpoint` is the web
application that they serve, `admission` lets callers in, `call` is one conversation from greeting
to goodbye. `agents` holds what the bot says and `tools` what it can do. The wire to Nova Sonic
lives in `nova`.
"""
