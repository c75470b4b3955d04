"""What an upstream says now: each configured subject, until a page has nothing new."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from urllib.parse import quote, urlencode, urlsplit

from pipelines import warehouse
from pipelines.config.listener import ConfigProvider
from pipelines.config.model import SentimentFeedChoice
from pipelines.errors import BadDataError, BullionError, UpstreamError
from pipelines.settings import settings, upstream_url
from pipelines.sources.sentiment.authors import authors
from pipelines.sources.sentiment.bodies import Body, Page
from pipelines.sources.sentiment.credentials import secrets_of
from pipelines.sources.sentiment.declaration import Upstream
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
OVERLAP = timedelta(days=1)  # of what `since` asks for again
SLACK = timedelta(hours=1)  # of the run before last, whose newest may have come late


@dataclass
class Live:
    """Asks one upstream for what is configured; a subject that fails ends alone."""

    upstream: Upstream
    config: ConfigProvider
    connection: warehouse.Connection
    clock: Clock
    log: RequestLog
    failures: list[Exception]
    choices: Sequence[SentimentFeedChoice]

    def pages(self) -> Iterator[Page]:
        """Every page that was asked for, in order."""
        reader = Reader(self.upstream, authors(), list(self._secrets.values()))
        endpoints = {endpoint.name: endpoint for endpoint in self.upstream.endpoints}
        for choice in self.choices:
            try:
                subject = None if choice.subject == NOTHING else choice.subject
                asked = Asked(endpoints[choice.endpoint], subject)
                yield from self._walk(reader, asked)
            except KeyError:
                self._failed(choice, BadDataError("there is no such endpoint"))
            except BullionError as error:
                self._failed(choice, error)
        for fetcher in self._fetchers.values():
            fetcher.close()

    def _failed(self, choice: SentimentFeedChoice, error: BullionError) -> None:
        about = " ".join(filter(None, (choice.source, choice.endpoint, choice.subject)))
        self.failures.append(type(error)(f"{about}: {error}"))

    def _walk(self, reader: Reader, asked: Asked) -> Iterator[Page]:
        held = Held(self.connection, self.upstream.name, asked)
        url, etag, seen = self._first_url(asked, held), held.etag(), set[str]()
        enough = held.newest_of_run_before_last()
        for number in count(1):
            answer = self._fetch(asked, url, etag if number == 1 else None)
            page = reader.read(_body(answer, asked, url))
            new = held.new_ids(page.ids) - seen
            seen.update(page.ids)
            yield page
            if page.reason:
                raise BadDataError(page.reason)
            if page.next_url is None or _is_known(page, new, enough):
                return
            if origin(page.next_url) != origin(url):
                raise UpstreamError("its next page is at another address")
            if page.next_url == url or number >= BOUNDS.pages:
                raise UpstreamError(f"its pages do not end, after {number}")
            url = page.next_url

    def _first_url(self, asked: Asked, held: Held) -> str:
        endpoint, subject = asked
        base = upstream_url(self.upstream.url_setting) or self.upstream.url
        if not endpoint.path:
            parts = urlsplit(subject or "")
            return f"{base}{parts.path}" if base else str(subject)
        path = endpoint.path.replace("{subject}", quote(subject or "", safe="/"))
        params = {
            **{k: v.format(subject=subject or "") for k, v in endpoint.params.items()},
            **{k: self._secrets.get(v, "") for k, v in endpoint.secret_params.items()},
        }
        newest = held.newest() if endpoint.since else None
        if endpoint.since and newest is not None:
            params[endpoint.since] = f"{newest - OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
        query = urlencode(params)
        host = endpoint.url or self.upstream.url
        return f"{base or host}{path}{f'?{query}' if query else ''}"

    def _fetch(self, asked: Asked, url: str, etag: str | None) -> Answer:
        endpoint, subject = asked
        headers = {**AGENT, **self.upstream.headers(self._secrets), **self._bearer}
        if etag and not endpoint.since:
            headers["If-None-Match"] = etag
        has_secret = bool(endpoint.secret_params or "Authorization" in headers)
        request = Request(url, endpoint.name, subject, headers)
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
