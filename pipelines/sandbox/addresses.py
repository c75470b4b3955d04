"""Where each simulated upstream is, by the name of the setting that leads to it."""

from pipelines.sandbox.archive.host import ROOT as ARCHIVE
from pipelines.sandbox.archive.hosts import ARCHIVED
from pipelines.sandbox.upstreams import EXCHANGE_IDS


def venue_lines(base_url: str) -> list[str]:
    """The settings that send a loader to this sandbox, one line each."""
    return [f"{name}={url}" for name, url in addresses(base_url).items()]


def addresses(base_url: str) -> dict[str, str]:
    """Each venue's address and the archive's, by the name of their setting."""
    found = {
        f"BULLION_{name.upper()}_URL": f"{base_url}/{name}" for name in EXCHANGE_IDS
    }
    return {**found, "BULLION_ARCHIVE_URL": f"{base_url}/{ARCHIVED}{ARCHIVE}"}
