"""The venues' wire formats, one module each, and what they share by Protocol."""
