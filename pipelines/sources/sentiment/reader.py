"""From a body to rows: its endpoint, its items, and what of it is refused and why."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from pipelines.errors import BadDataError, BullionError
from pipelines.sources.sentiment.authors import Authors
from pipelines.sources.sentiment.bodies import UNCHANGED, Body, Cells, Page
from pipelines.sources.sentiment.declaration import Endpoint, Upstream
from pipelines.sources.sentiment.forms import (
    GOOD,
    by_address,
    endpoint_of,
    words_of,
)
from pipelines.sources.sentiment.pages import header, is_later_page
from pipelines.sources.sentiment.quarantine import quarantined, raw_of, unnamed
from pipelines.upstream.checked_session import LARGEST_BODY
from pipelines.upstream.decoding import decoding
from pipelines.upstream.request_log import hidden
from pipelines.upstream.wire import encode


class Reader:
    """Reads the bodies of one upstream, in the order of their fetches.

    A page continues the fetch of the one before it, of the same endpoint and subject,
    where its address says so, or the document, where no address is told. `secrets` are
    hidden in what is quarantined: an error body may echo them.
    """

    def __init__(
        self, upstream: Upstream, authors: Authors, secrets: Sequence[str] = ()
    ) -> None:
        self._upstream = upstream
        self._authors = authors
        self._secrets = secrets
        # of each series, the last page, and the ids of all pages of its fetch
        self._last: dict[tuple[str, str | None], tuple[Page, set[str]]] = {}

    def read(self, body: Body) -> Page:
        """The page; whatever is wrong with it is a reason of it, and raises nothing."""
        page = Page(body, _answer_id(self._upstream.name, body))
        page.fetch_id = page.answer_id
        asked = body.asked or by_address(self._upstream, body.url)
        if asked:
            page.endpoint, page.subject = asked
        if body.status == UNCHANGED:
            return page
        try:
            document = self._document(body)
            page.endpoint = endpoint_of(self._upstream, asked, document)
            with decoding("a body that can not be read", BadDataError):
                self._take(page, document)
        except BullionError as error:
            page.reason = hidden(str(error), self._secrets)
            raw = hidden(raw_of(body.content), self._secrets)
            page.refused = [quarantined(page, page.reason, raw)]
            page.rows, page.ids, page.times, page.next_url = [], [], [], None
        return page

    def _document(self, body: Body) -> Any:
        if len(body.content) > LARGEST_BODY:
            raise BadDataError(f"more than {LARGEST_BODY} bytes")
        is_good = body.status in GOOD
        try:
            with decoding("a body that can not be read", BadDataError):
                kind = header(body.headers, "content-type") or ""
                document = self._upstream.parse(body.content, kind)
        except BadDataError:
            if is_good:
                raise
            document = None
        if not is_good:
            said = words_of(document)
            raise BadDataError(f"HTTP {body.status}{f': {said}' if said else ''}")
        return document

    def _take(self, page: Page, document: Any) -> None:
        endpoint = page.endpoint
        assert endpoint is not None  # noqa: S101  # its form told it
        items = endpoint.items(document)
        page.mended = getattr(document, "mended", None)
        about = endpoint.about(document)
        if page.subject is None and about is not None:
            page.subject = str(about)
        made = [self._row(page, number, item) for number, item in enumerate(items)]
        rows = [row for row in made if row is not None]
        page.subject = _one_subject(page, rows)
        page.next_url = endpoint.next_url(
            page.body.url or "", document, page.body.headers
        )
        url = page.body.url
        is_later = (
            is_later_page(url, endpoint.cursors) if url else endpoint.is_later(document)
        )
        self._join(page, rows, is_later=is_later)

    def _join(self, page: Page, rows: Sequence[Cells], *, is_later: bool) -> None:
        """Put the page into its fetch: an item on two pages of it is one snapshot."""
        assert page.endpoint is not None  # noqa: S101  # its form told it
        key, time = page.endpoint.key, page.endpoint.time
        page.ids = [row[key] for row in rows]
        page.times = [at for row in rows if (at := row.get(time)) is not None]
        before, seen = self._last.get(page.series, (None, set[str]()))
        if before is not None and is_later:
            page.fetch_id, page.number = before.fetch_id, before.number + 1
        else:
            seen = set()
        for row in rows:
            if row[key] in seen:
                continue
            seen.add(row[key])
            page.rows.append({**row, "fetch_id": page.fetch_id})
        self._last[page.series] = page, seen

    def _row(self, page: Page, number: int, item: Any) -> Cells | None:
        """The item's row; None: it is refused, and in quarantine."""
        endpoint = page.endpoint
        assert endpoint is not None  # noqa: S101  # its form told it
        try:
            row = self._read(endpoint, item, page.place(number), page.subject)
        except ValueError as error:
            refused = quarantined(page, str(error), encode(unnamed(item)))
            page.refused.append({**refused, "item_number": number})
            return None
        return row

    def _read(
        self, endpoint: Endpoint, item: Any, place: Cells, subject: str | None
    ) -> Cells:
        """Raises ValueError where the item is none."""
        row: Cells = {name: read(item) for name, read in endpoint.fields.items()}
        names = {column.name: column.nullable for column in endpoint.table.columns}
        if "subject" in names:
            asked = None if endpoint.ids_at_once else subject
            row["subject"] = endpoint.subject(item) or asked
        row |= self._about_author(endpoint, item)
        if gone := endpoint.tombstone(item):
            blank = dict.fromkeys(("title", "text", "url", "attributes"))
            row |= {"tombstone": gone, **blank}
        row |= place
        lacking = [n for n, may in names.items() if not may and row.get(n) is None]
        if lacking:
            raise ValueError(f"no {', '.join(lacking)}")
        return row

    def _about_author(self, endpoint: Endpoint, item: Any) -> Cells:
        name = endpoint.author(item) if endpoint.author else None
        if name is None:
            return {}
        hashed = self._authors.hashed(str(name))
        row: Cells = {"author_hash": hashed, "author_key_id": self._authors.key_id}
        if address := endpoint.address(item):
            row["sealed_address"] = self._authors.sealed(str(address))
        return row


def _one_subject(page: Page, rows: Sequence[Cells]) -> str | None:
    """What the page is about, of its items where they agree and nobody asked."""
    if page.subject is not None:
        return page.subject
    named = {row.get("subject") or row.get("repository") for row in rows}
    return named.pop() if len(named) == 1 else None


def _answer_id(upstream: str, body: Body) -> str:
    """The same for the same body of the same moment, whoever reads it again."""
    where = body.url or body.origin
    facts = (upstream, where, str(body.status), body.received_at.isoformat())
    digest = sha256("\0".join(facts).encode("utf-8", "replace"))
    digest.update(b"\0" + body.content)
    return digest.hexdigest()[:32]
