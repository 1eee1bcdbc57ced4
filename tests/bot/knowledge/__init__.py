"""What an agent looks up in its documents."""
