"""Backfill: the history of any series, planned, loaded in chunks, and accounted for.

A plan is a row of `ops.backfills`: a series' feed and a span. Its chunks are rows of
`ops.backfill_chunks`; each is one load, run once, by whichever process takes it.
"""
