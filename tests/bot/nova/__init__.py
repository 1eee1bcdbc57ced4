"""Tests of the guard around Nova Sonic, against the emulator over real TLS and HTTP/2."""
