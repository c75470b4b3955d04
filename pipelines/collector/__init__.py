"""The collector: keeps loading what is configured, and takes changes up while it runs.

A cycle of each venue loads what is new since the last one; a series that comes new is
loaded at once beside it; what lies before is planned and applied in the background.
What it made of each change stands in `ops.config_effects`.
"""
