"""What is kept of a call: its record read whole, its transcript, its recording, where they lie.

`store` writes to the record and reads it whole, `transcript` makes the document of it, `webvtt` its
cues, `archive` puts files into the bucket. Who may have a session is `services.common.sessions`'.
"""
