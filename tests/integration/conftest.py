"""A data directory for a stack of its own; nothing that started there outlives it."""

import pytest

from pipelines.local import place, stack
from pipelines.settings import settings
from tests.integration.stream import kafka

__all__ = ["home", "kafka"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data directory under a home of mode 700, cleaned of what runs from it."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    for name in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULLION_DATA_DIR", str(folder / ".bullion"))
    settings.cache_clear()
    yield folder / ".bullion"
    settings.cache_clear()
    assert place.data_dir() == (folder / ".bullion").resolve()  # never the checkout's
    stack.down(delete=True)
    settings.cache_clear()
