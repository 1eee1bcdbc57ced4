"""`make calls`: lists, reads, plays, searches and deletes calls, on the laptop or of a deployment.

It reads what the bot left in the bucket, with the operator's own credentials; the services do not
know of it. `place` finds the bucket, `shelf` reads and deletes, `search` finds words, `show`
prints, `page` is a small page on this machine that plays them.
"""
