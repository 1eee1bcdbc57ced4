"""Recording a call: what was heard on both sides, once the caller knows of it.

`tape` puts the two sides side by side on the front end's clock, `recording` begins when the
announcement has been heard and brings the tape to the bucket piece by piece, `description` is what
an agent's file says of it. Nothing here runs in a call that is not recorded.
"""
