"""The container images, built from our Dockerfiles and run as the task definitions run them.

`make images` builds them and runs these tests; without it they are skipped, because they need a
Docker engine on Linux whose networks the machine itself can reach.
"""
