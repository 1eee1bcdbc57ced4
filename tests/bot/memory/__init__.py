"""What an agent remembers of its callers."""
