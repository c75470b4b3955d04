"""Where the archive's files and their listing are; a setting may name another place."""

from pipelines.settings import upstream_url

URL_SETTING = "BULLION_ARCHIVE_URL"
FILES_URL = "https://data.binance.vision"
LISTING_URL = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision"


def files_url() -> str:
    """Where the files are."""
    return (upstream_url(URL_SETTING) or FILES_URL).rstrip("/")


def listing_url() -> str:
    """Where they are listed."""
    return (upstream_url(URL_SETTING) or LISTING_URL).rstrip("/")
