"""A simulation of the fleet on AWS: how long callers wait and what they cost, from 10 to 100,000.

Nothing here runs a bot. Callers, calls, tasks, CloudWatch and the autoscaler are numbers in one
process: a day of 100,000 concurrent calls is 26 million calls, and takes seconds.

It keeps every event's exact time, but works in rounds that are no longer than the shortest call
and the shortest pause before a retry. So nothing that begins in a round ends in it: all slots that
open in a round are known when it begins, and who gets which slot when is arithmetic on whole
arrays instead of one event after the other. Slots are alike, so a task is a count of taken slots;
which task a call is in matters to scaling in alone. SimPy, the usual library, runs a generator a
caller and would take hours for what takes seconds here; `event_loop` is the textbook's loop with a
heap, one event at a time, and the tests hold the rounds to it call for call.

`assumptions` is what callers and AWS are taken to be, with sources. `sizes` makes a fleet of an
environment in `cdk/environments`; prices are those of `cdk.operator.cost`. Left out: deployments,
lost tasks, callers who leave the queue's line, and what a task does besides calls.
"""
