"""A request to an upstream of sentiment, and which part of a list a page of it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

One = TypeVar("One")


@dataclass(frozen=True)
class Ask:
    """A request; `base` is the upstream's own address, headers' names are lower case.

    `pairs` are all parameters, those that are given more than once, too.

    `shift` is by how many places items have moved on since the first page was asked
    for, and below 0 where one was deleted.
    """

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    base: str
    shift: int = 0
    pairs: Sequence[tuple[str, str]] = ()

    def count(self, name: str, usual: int, most: int) -> int:
        """A parameter that is a number, within what the upstream gives."""
        text = self.params.get(name, "")
        return min(int(text), most) if text.isdigit() else usual

    def page(self, items: Sequence[One], start: int, size: int) -> Sequence[One]:
        """The items of a page: all that have moved, but those of the first."""
        first = max(start - self.shift, 0) if start else 0
        return items[first : first + size]

    def url(self, **params: str) -> str:
        """The same request with these parameters in place of its own."""
        return f"{self.base}{self.path}?{urlencode({**self.params, **params})}"
