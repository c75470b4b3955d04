"""Addresses of pages: parameters, and the `Link` header of RFC 8288."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LINK = re.compile(r'<([^<>]*)>\s*;[^<]*?rel\s*=\s*"?([\w ]+)"?')


def with_params(url: str, **params: str) -> str:
    """The address with these parameters, in place of its own of the same names."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **params}
    return urlunsplit(parts._replace(query=urlencode(query), fragment=""))


def is_later_page(url: str, cursors: Mapping[str, str]) -> bool:
    """Whether the address asks for another page than the first."""
    query = dict(parse_qsl(urlsplit(url).query))
    return any(query.get(name) not in {None, "", cursors[name]} for name in cursors)


def linked(url: str, body: Any, headers: Mapping[str, str]) -> str | None:
    """The page that the `Link` header calls next."""
    del url, body
    for address, relation in LINK.findall(header(headers, "link") or ""):
        if "next" in relation.split():
            return str(address)
    return None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """A header, however its name is written."""
    return next((v for k, v in headers.items() if k.lower() == name), None)
