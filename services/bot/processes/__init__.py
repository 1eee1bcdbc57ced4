"""The bot's processes: the supervisor, the session processes that it forks, and what joins them.

Here is who waits for calls, who holds which place and who ends whom. What is said in a call is not
known here.

- There are two kinds of idle process. One accepts on the listening socket that all share
  (`reception`), the other asks the queue itself (`pulling`): so whoever receives a job owns its
  receipt, and nothing is received that nobody has room for. `balance` shares a task's places
  between them; the last one is the door's.
- A call is a process's as long as its lease in the session's record (`services.bot.call.lease`). A
  process that dies says nothing: its supervisor closes the record, and where that died too the
  lease runs out. A process that hangs is ended (`watch`) before its lease has run out.
- A job stays in flight for the whole call (`services.bot.call.held_job`). When its process dies it
  comes back; when its call is handed over it goes back as a new one, for only deaths count against
  it.
"""
