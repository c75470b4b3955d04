"""The archive of a venue's past: a bulk host's file tree, listing and checksums.

A file is made of the very rows that the venue's REST serves, when it is first asked
for, and is the same bytes whenever it is made. What lies in
`DIR/<venue>/archive/` of the recordings is served byte for byte instead.
https://github.com/binance/binance-public-data
"""
