"""A simulated fleet that drains a queue of calls with the product's own parts, against moto.

Jobs are received, calls taken, renewed, ended and given up by what a bot's processes run: `Slot`,
`receive_a_job`, `HeldJob`, `Call`, `Lease`, `JobQueue` and `SessionStore`, and `balance.wanted`
says how many of them wait. Simulated are the processes, which are tasks of one event loop; a
call's pipeline, which is a pause; and death, which cuts a bot off from AWS from one moment to the
next.
"""
