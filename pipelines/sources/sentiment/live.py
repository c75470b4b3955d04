"""What an upstream says now: each configured subject, until a page has nothing new."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from urllib.parse import urlsplit

from pipelines import warehouse
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import SentimentFeedChoice
from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.settings import settings, upstream_url
from pipelines.sources.sentiment.addresses import address
from pipelines.sources.sentiment.again import Again
from pipelines.sources.sentiment.authors import Authors, authors
from pipelines.sources.sentiment.bodies import Body, Page
from pipelines.sources.sentiment.credentials import secrets_of
from pipelines.sources.sentiment.declaration import Endpoint, Upstream
from pipelines.sources.sentiment.fields import text
from pipelines.sources.sentiment.forms import GOOD, Asked, words_of
from pipelines.sources.sentiment.held import Held
from pipelines.sources.sentiment.reader import Reader
from pipelines.upstream.bounds import BOUNDS
from pipelines.upstream.budget import SharedBudget
from pipelines.upstream.checked_session import CheckedSession
from pipelines.upstream.clock import Clock
from pipelines.upstream.fetcher import Answer, Fetcher, Request
from pipelines.upstream.http_session import origin
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.wire import decode_exactly

NOTHING = "-"  # in particular is asked about
AGENT = {"User-Agent": "bullion/0.1 (a data warehouse)"}
SLACK = timedelta(hours=1)  # of the run before last, whose newest may have come late


@dataclass
class Live:
    """Asks one upstream for what is configured; a subject that fails ends alone.

    `is_whole`: all of it, so that what was written some time ago is asked for again.
    `seen` are the items that the walks had.
    """

    upstream: Upstream
    config: ConfigProvider
    connection: warehouse.Connection
    clock: Clock
    log: RequestLog
    failures: list[Exception]
    choices: Sequence[SentimentFeedChoice]
    is_whole: bool = True
    seen: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[Page]:
        """Every page that was asked for, in order."""
        hashes = authors()
        reader = Reader(self.upstream, hashes, list(self._secrets.values()))
        endpoints = {endpoint.name: endpoint for endpoint in self.upstream.endpoints}
        for choice in self.choices:
            try:
                subject = None if choice.subject == NOTHING else choice.subject
                asked = Asked(endpoints[choice.endpoint], subject)
                yield from self._walk(reader, asked)
            except KeyError:
                error = BadDataError("there is no such endpoint")
                self._failed(choice.endpoint, choice.subject, error)
            except BullionError as error:
                self._failed(choice.endpoint, choice.subject, error)
        for endpoint in self.upstream.endpoints if self.is_whole else ():
            if endpoint.ids_at_once:
                yield from self._again(reader, endpoint, hashes)
        for fetcher in self._fetchers.values():
            fetcher.close()

    def _again(
        self, reader: Reader, endpoint: Endpoint, hashes: Authors
    ) -> Iterator[Page]:
        """What was written an hour, six or a day ago, so many at once by their ids."""
        again = Again(self.connection, self.upstream.name, endpoint, hashes)
        found = again.due(self.clock.now())
        due = [one for one in found if one.item_id not in self.seen]
        try:
            for first in range(0, len(due), endpoint.ids_at_once):
                part = due[first : first + endpoint.ids_at_once]
                asked = Asked(endpoint, ",".join(one.item_id for one in part))
                ids = [one.address for one in part]
                url = address(self.upstream, asked, self._secrets, ids=ids)
                page = reader.read(_body(self._fetch(asked, url, None), asked, url))
                if endpoint.leaves_gone_out:
                    page.rows += again.gone(page, part)
                yield page
                if page.reason:
                    self._failed(endpoint.name, "", BadDataError(page.reason))
        except BullionError as error:  # the others are due in the next run, too
            self._failed(endpoint.name, "", error)

    def _failed(self, endpoint: str, subject: str, error: BullionError) -> None:
        about = " ".join(filter(None, (self.upstream.name, endpoint, subject)))
        self.failures.append(type(error)(f"{about}: {error}"))

    def _walk(self, reader: Reader, asked: Asked) -> Iterator[Page]:
        held = Held(self.connection, self.upstream.name, asked)
        newest = held.newest()
        url = address(self.upstream, asked, self._secrets, newest)
        etag, enough, seen = held.etag(), held.newest_of_run_before_last(), set[str]()
        for number in count(1):
            answer = self._fetch(asked, url, etag if number == 1 else None)
            page = reader.read(_body(answer, asked, url))
            new = held.new_ids(page.ids) - seen
            seen.update(page.ids)
            self.seen.update(page.ids)
            yield page
            if page.reason:
                raise BadDataError(page.reason)
            if page.next_url is None or _is_known(page, new, enough):
                return
            if newest is None and number == asked.endpoint.first_pages:
                return
            if origin(page.next_url) != origin(url):
                raise UpstreamError("its next page is at another address")
            if page.next_url == url or number >= BOUNDS.pages:
                raise UpstreamError(f"its pages do not end, after {number}")
            url = page.next_url

    def _fetch(self, asked: Asked, url: str, etag: str | None) -> Answer:
        endpoint, subject = asked
        headers = {**AGENT, **self.upstream.headers(self._secrets), **self._bearer}
        if etag and not endpoint.since:
            headers["If-None-Match"] = etag
        has_secret = bool(endpoint.secret_params or "Authorization" in headers)
        named = None if endpoint.ids_at_once else subject
        request = Request(url, endpoint.name, named, headers)
        return self._fetchers[has_secret or bool(self.upstream.secrets)].fetch(
            request, self.log
        )

    @cached_property
    def _bearer(self) -> Mapping[str, str]:
        """Of an upstream that gives its tokens to an application's id and secret."""
        if self.upstream.token_url is None:
            return {}
        own, path = upstream_url(self.upstream.url_setting), "/api/v1/access_token"
        name, secret = (self._secrets[setting] for setting in self.upstream.secrets)
        request = Request(
            f"{own}{path}" if own else self.upstream.token_url,
            "token",
            headers=AGENT,
            form={"grant_type": "client_credentials"},
            login=(name, secret),
        )
        answer = self._fetchers[True].fetch(request, self.log)
        try:
            document = decode_exactly(answer.body.decode("utf-8"))
        except ValueError:
            document = None
        token = text("access_token")(document) if answer.status in GOOD else None
        if token is None:
            said = words_of(document) or f"HTTP {answer.status}"
            raise BadDataError(f"it gave no token: {said}")
        return {"Authorization": f"bearer {token}"}

    @cached_property
    def _secrets(self) -> Mapping[str, str]:
        return secrets_of(self.upstream)

    @cached_property
    def _fetchers(self) -> Mapping[bool, Fetcher]:
        """One that tells a secret, and one that tells none: they share the budget."""
        return {has_secret: self._fetcher(has_secret) for has_secret in (True, False)}

    def _fetcher(self, has_secret: bool) -> Fetcher:  # noqa: FBT001
        own = upstream_url(self.upstream.url_setting)
        limits = self.upstream.limits_of(self._secrets)
        budget = SharedBudget(
            self.upstream.name,
            self.upstream.name,
            limits,
            config=self.config,
            precedence="live",
            connect=lambda: warehouse.connect("loader", "bullion requests"),
            clock=self.clock,
        )
        session = CheckedSession(
            [own] if own else [],
            has_secret=has_secret,
            proxy_checks=settings().proxy_checks,
        )
        return Fetcher(
            self.upstream.name,
            session,
            budget,
            limits,
            config=self.config,
            clock=self.clock,
            secrets=list(self._secrets.values()),
        )


def _body(answer: Answer, asked: Asked, url: str) -> Body:
    parts = urlsplit(answer.url)
    return Body(
        answer.body,
        received_at=answer.received_at,
        origin=f"{parts.scheme}://{parts.netloc}{parts.path}",
        status=answer.status,
        headers=answer.headers,
        url=url,
        asked=asked,
        request_id=answer.request_id,
    )


def _is_known(page: Page, new: set[str], enough: datetime | None) -> bool:
    """Nothing of it is new, and all of it older than what a late one could follow."""
    if new:
        return False
    times = [datetime.fromisoformat(at) for at in page.times]
    return enough is None or not times or max(times) < enough - SLACK
