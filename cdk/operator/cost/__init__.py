"""`make cost ENV=…`: what an environment costs a month while nobody calls, and what a call costs.

`prices` holds AWS's list prices, their date and the pages to compare them with, `assumptions` what
a call is taken to be, `idle` and `call` the arithmetic. It is an estimate from the configuration:
nothing is asked of the account.
"""
