"""What stands in for AWS on a laptop: the Nova Sonic emulator, moto's seed data, the launcher.

Nothing under `services` imports from here.
"""
