"""Tests of the Nova Sonic emulator, through the unmodified AWS SDK wherever it can say it."""
