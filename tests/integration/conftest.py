"""A stack of a test's own, of which nothing outlives it; a warehouse that is built."""

from functools import partial

import pytest

from pipelines.local import place, stack
from pipelines.settings import settings
from tests.conftest import kept_as, warehouse_of
from tests.services import npm_packages
from tests.services.stream import kafka

__all__ = ["home", "kafka"]

BUILT = "built"


@pytest.fixture(scope="session")
def built_template(server, parsed, tmp_path_factory):
    """A database to copy: silver and gold, built on bronze without a row."""
    from tests.contents.transform import build
    from tests.fakes.memory_source import deliver

    assert parsed.is_dir()  # before others have parsed it elsewhere
    with kept_as(BUILT, server, tmp_path_factory.mktemp("built")):
        deliver({})
        build()
    return BUILT


@pytest.fixture
def built_database(server, built_template, parsed, tmp_path, monkeypatch):
    """As `parsed_database`, and dbt has run once, on empty bronze."""
    built = warehouse_of(server, tmp_path, monkeypatch, built_template, parsed=parsed)
    with built as known:
        yield known


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


@pytest.fixture(scope="session")
def packages():
    """The folder of npm's packages; without them a test is skipped, or fails in CI."""
    return npm_packages.fetched()


@pytest.fixture(scope="session")
def anvil_running(packages):
    """Starts a node in a folder: `with anvil_running(folder) as node`."""
    from tests.services import anvil

    return partial(anvil.running, packages)


@pytest.fixture(scope="session")
def tokens(packages):
    """OpenZeppelin's ERC-20, -721 and -1155, compiled."""
    from tests.services.contracts import compiled

    return compiled(packages)
