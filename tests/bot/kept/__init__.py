"""What is kept of calls: transcripts, recordings."""
