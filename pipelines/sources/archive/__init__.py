"""Bulk archives of an exchange."""
