"""The stream of config changes: every part of the chain, and what it carried.

A file a part; `looks` has all of them in the order in which to mend them.
"""
