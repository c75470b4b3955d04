"""`bullion config`: tables, edits, changes, and the stream that carries them."""
