"""The connect server: it opens sessions and tells how they stand, and holds no state of its own.

No audio passes here and no bot is called from here: bots read the session record.
Rates are limited in front of it (AWS WAF), where all replicas are seen as one.
"""
