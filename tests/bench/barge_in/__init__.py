"""A caller who barges in, in Chromium, on the real page: from their first sound to silence.

The page's own audio is recorded sample by sample, what its microphone hears and what leaves for
its loudspeaker, so both lie on one clock. The same page talks to our bot and to Pipecat's own
parts, wired as its documentation does, which the page interrupts as it did before it knew of holds.
"""
