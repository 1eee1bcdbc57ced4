"""`make doctor`."""
