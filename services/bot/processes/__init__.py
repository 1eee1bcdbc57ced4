"""The bot's processes: the supervisor, the session processes that it forks, and what joins them.

Here is who accepts connections, who holds which place and who ends whom. What is said in a call
is not known here.
"""
