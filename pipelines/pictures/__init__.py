"""What gold holds, drawn: how complete, at what price and evidence, how fresh.

Reads gold alone, as analyst. `page` writes one file that asks no other for anything.
"""
