"""The bot: one Pipecat pipeline a call, one operating-system process a session.

`supervisor` forks the processes, `session_process` is what runs in one of them, `endpoint` is the
web application that it serves, `call` is one conversation from greeting to goodbye. `agents`
holds what the bot says and `tools` what it can do. The wire to Nova Sonic lives in `nova`.
"""
