"""Bodies that nobody should have to read: broken, lying, bombs, ways to elsewhere."""

import gzip
from collections.abc import Callable, Mapping
from functools import cache

from pipelines.sandbox.answers import Answer
from pipelines.sandbox.faults import Fault
from pipelines.sandbox.sentiment.news import XML

_HUGE, _BOMB = 50 << 20, 100 << 20  # bytes
_PROLOG = XML.encode()
_LAST_TAGS = (b"</channel></rss>", b"</feed>")
_ENTITIES = b"""<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;">]>
"""
AWAY = "http://169.254.169.254/latest/meta-data/"


def spoiled(answer: Answer, fault: Fault) -> Answer:
    """The answer as a fault has it; one of no such kind leaves it as it is."""
    spoil = _SPOILS.get(fault.kind)
    return spoil(answer, fault) if spoil else answer


def _with(answer: Answer, body: bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(answer.status, body, headers={**answer.headers, **named})


def _broken(answer: Answer, fault: Fault) -> Answer:
    del fault
    body = answer.body.replace(b"Sandbox News", b"Sandbox & News", 1)
    for tags in _LAST_TAGS:
        body = body.removesuffix(tags)
    return _with(answer, body)


def _charset(answer: Answer, fault: Fault) -> Answer:
    if fault.form == "lying":
        text = answer.body.decode()
        return _with(answer, text.encode("windows-1252", "xmlcharrefreplace"))
    kind = answer.headers["Content-Type"].partition(";")[0]
    return _with(answer, answer.body, Content_Type=f"{kind}; charset=iso-8859-1")


def _entities(answer: Answer, fault: Fault) -> Answer:
    del fault
    body = answer.body.replace(_PROLOG, _PROLOG + _ENTITIES, 1)
    return _with(answer, body.replace(b"Sandbox News", b"&d;", 1))


def _bomb(answer: Answer, fault: Fault) -> Answer:
    del fault
    return _with(answer, _packed(), Content_Encoding="gzip")


@cache
def _packed() -> bytes:
    return gzip.compress(bytes(_BOMB), compresslevel=1)


def _huge(answer: Answer, fault: Fault) -> Answer:
    del fault
    return _with(answer, answer.body + b" " * _HUGE)


def _away(answer: Answer, fault: Fault) -> Answer:
    del answer, fault
    return Answer(302, headers={"Location": AWAY})


_SPOILS: Mapping[str, Callable[[Answer, Fault], Answer]] = {
    "xml_broken": _broken,
    "charset": _charset,
    "entity_bomb": _entities,
    "gzip_bomb": _bomb,
    "huge": _huge,
    "redirect": _away,
}
