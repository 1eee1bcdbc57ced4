"""The stacks: where constructs meet, in the order in which they are deployed."""
