"""Our speech detector, against Pipecat's."""
