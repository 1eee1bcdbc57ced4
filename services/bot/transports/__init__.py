"""The lines that a caller can come in on, each with the Pipecat transport for it.

A line says what the call needs to know of it and nothing of the conversation; what is said is the
pipeline's business.
"""

from services.bot.transports.line import SAMPLE_RATE_IN, Line

__all__ = ["SAMPLE_RATE_IN", "Line"]
