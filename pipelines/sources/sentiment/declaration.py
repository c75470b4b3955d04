"""An upstream and its endpoints, declared: what is asked, how it is told, what is read.

A new upstream is a module with an `Upstream` and, where its bodies are of a form of
their own, a parser.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.bronze.tables import Table
from pipelines.sources.sentiment.fields import Read, nothing
from pipelines.upstream.budget import Limit
from pipelines.upstream.wire import decode_exactly

NextUrl = Callable[[str, Any, Mapping[str, str]], str | None]


def decoded(body: bytes, content_type: str) -> Any:
    """A JSON body, its numbers as they were sent.

    Raises:
        ValueError: it is none.
    """
    del content_type
    return decode_exactly(body.decode("utf-8-sig"))


def last_page(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    """No page follows: one answer is all there is."""
    del url, body, headers
    return None


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What is asked for at one address.

    Attributes:
        key: the column that names an item.
        path: of its address, after the upstream's own; `{subject}` stands for what is
            asked about. Empty: the subject is the address.
        params: of each request; `{subject}` as in the path.
        secret_params: parameters that hold a secret, by its setting.
        url: where this endpoint is, if not at its upstream's address.
        time: the column that says when an item came to be.
        fits: whether a document has its form; one that no recording's address tells is
            told by it.
        items: the items of a document.
        fields: how each column is read of an item.
        subject: what an item is about, of the item; else it is what was asked about.
        about: what a document is about, where nobody asked.
        author: the author's name, of which only a keyed hash is kept.
        address: what an item is asked for again by, in place of its id; it names the
            author, and is kept sealed.
        tombstone: `deleted` or `removed`, of an item that was; its text is not kept.
        cursors: parameters that ask for another page than the first, and what each is
            of the first.
        is_later: whether a document says that it is another page than the first, for a
            recording whose address is not told.
        next_url: the address of the page after one.
        since: the parameter that asks for what is newer, a day of it twice.
        first_pages: how many pages the first walk of a subject takes; None: all.
        ids_at_once: how many items one request asks for again, by their ids in place
            of a subject; 0: it is not asked so.
        id_param: the parameter that is given once for each of them.
        leaves_gone_out: whether it answers without those that are gone.
        walks: whether pages are asked for until one has nothing new.
    """

    name: str
    table: Table
    key: str
    fits: Callable[[Any], bool]
    items: Callable[[Any], Sequence[Any]]
    fields: Mapping[str, Read]
    time: str = "created_at"
    path: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    secret_params: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    subject: Read = nothing
    about: Read = nothing
    author: Read | None = None
    address: Read = nothing
    tombstone: Read = nothing
    cursors: Mapping[str, str] = field(default_factory=dict)
    is_later: Callable[[Any], bool] = lambda _: False
    next_url: NextUrl = last_page
    since: str | None = None
    first_pages: int | None = None
    ids_at_once: int = 0
    id_param: str = ""
    leaves_gone_out: bool = False

    @property
    def walks(self) -> bool:
        """Whether more than one page may be asked for."""
        return self.next_url is not last_page


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """Who is asked.

    Attributes:
        url: its public address; empty: each subject is an address.
        limits: what it allows one address.
        limits_with_secrets: what it allows with an optional secret; none: the same.
        secrets: the settings without which it is off, by what they are for.
        optional_secrets: those that allow more, where there are any.
        headers: what the secrets become, of each request.
        token_url: where its secrets, an id and a password, are given a token for.
        parse: a body as a document.
    """

    name: str
    endpoints: Sequence[Endpoint]
    limits: Mapping[str, Limit]
    url: str = ""
    secrets: Sequence[str] = ()
    optional_secrets: Sequence[str] = ()
    headers: Callable[[Mapping[str, str]], Mapping[str, str]] = lambda _: {}
    limits_with_secrets: Mapping[str, Limit] = field(default_factory=dict)
    token_url: str | None = None
    parse: Callable[[bytes, str], Any] = decoded

    def limits_of(self, secrets: Mapping[str, str]) -> Mapping[str, Limit]:
        """What it allows with these secrets."""
        return (secrets and self.limits_with_secrets) or self.limits

    @property
    def url_setting(self) -> str:
        """The setting of an address in place of the public one."""
        return f"BULLION_{self.name.upper()}_URL"

    @property
    def tables(self) -> Sequence[Table]:
        """Those of its items, each once."""
        return tuple(dict.fromkeys(endpoint.table for endpoint in self.endpoints))


def every(test: Callable[[Any], bool], items: Any) -> bool:
    """Whether this is a list of such items; an empty one is of any."""
    return isinstance(items, list) and all(map(test, items))


def has(item: Any, *names: str) -> bool:
    """Whether this is a mapping with these names."""
    return isinstance(item, Mapping) and all(name in item for name in names)
