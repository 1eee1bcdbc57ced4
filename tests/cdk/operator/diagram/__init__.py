"""`make diagram`."""
