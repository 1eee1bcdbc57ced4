"""`make doctor ENV=…`: what would make a deployment fail, found before it begins.

`diagnosis` names the checks and runs them at once, each with a deadline. They read, and change
nothing.
"""
