"""What a platform engineer runs around a deployment: secrets, doctor, cost, diagram.

Each is a command behind a target of the Makefile. They read the same environment file as the app;
of `services` they know what the stacks know and import nothing.
"""
