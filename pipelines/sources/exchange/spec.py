"""The exchange source, declared."""

from pipelines.sources.exchange.feeds import FEEDS
from pipelines.sources.exchange.tables import INSTRUMENTS, QUARANTINE
from pipelines.upstream.feed import SourceSpec
from pipelines.upstream.pages import PAGES
from pipelines.upstream.request_log import REQUESTS

SPEC = SourceSpec("exchange", (INSTRUMENTS, PAGES, REQUESTS, QUARANTINE), FEEDS)
