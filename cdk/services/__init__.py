"""The three services: what runs them, what they are told, and what they may do.

Ports, names of settings and AWS calls are contracts with the code under `services/`; tests compare
both sides.
"""
