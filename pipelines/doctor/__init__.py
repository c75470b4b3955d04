"""Doctor: what could keep Bullion from working, and the command that mends it.

A file a group of checks; `examination` has all of them in order.
"""
