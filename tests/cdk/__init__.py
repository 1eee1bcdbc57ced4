"""Tests of the deployment: its configuration, and the templates that come of it."""
