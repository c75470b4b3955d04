"""Where `pipelines.watch` was; to be deleted once nothing imports it from here."""

from pipelines.watch import Unwatched, Watch

__all__ = ["Unwatched", "Watch"]
