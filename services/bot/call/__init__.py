"""One call, from the moment the caller is in until nothing of it is left to do.

`call` runs it: builds its `pipeline`, has the agent speak first and follows it to its `ending`, of
which each says what it means for the record and for the caller's line. `lease` and `held_job` keep
it this process's, `transcript`, `tool_log` and `turn_writer` bring it into the record, `recording`
says whether it may be recorded, `context` what its tools may know and do, `telling` what the page
is told. `farewell` hangs up for its agent.

What outlives a call or is there for all of them is not here but beside this folder: how callers get
in, what every call needs (`services.bot.resources`), transcripts in their bucket
(`services.bot.archiving`), people who take calls over. Lines are in `services.bot.transports`, what
is said to Nova Sonic in `services.bot.nova`.
"""
