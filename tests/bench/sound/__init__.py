"""What the sound of a call is measured with: speech, noises, rooms, loudspeakers, and the measures.

Everything is made here from seeds and from the recordings of `tests/audio`, so that a figure can be
made again. Signals are float arrays of 16 kHz, full scale 1; `signals` turns them into PCM.
"""
