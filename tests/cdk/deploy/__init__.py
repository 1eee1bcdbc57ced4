"""Both sizes deployed into moto by the CDK's own command line, and what is there then.

That shows the wiring: names, references, grants, settings. It shows nothing of what AWS itself
checks or does; `cdk/README.md` lists what only an account can show.
"""
