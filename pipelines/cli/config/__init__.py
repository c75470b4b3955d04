"""`bullion config`: tables, edits, changes, and the stream that carries them."""

from pipelines.cli.config import changes, edits, stream, tables
from pipelines.cli.config.app import config_app

__all__ = ["changes", "config_app", "edits", "stream", "tables"]
