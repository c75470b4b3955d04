"""XML as text; what declares entities of its own is refused before a parser sees it."""

import codecs
import re
from typing import NamedTuple

from pipelines.errors import BadDataError

BYTE_ORDER_MARKS = (  # the longer first: UTF-16's is the beginning of UTF-32's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>", re.IGNORECASE)
NAMED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
ENTITY = re.compile(r"<!\s*ENTITY", re.IGNORECASE)
SUBSET = re.compile(r"<!\s*DOCTYPE[^>\[]*\[", re.IGNORECASE)
ASCII = {"ascii", "iso8859-1", "cp1252", "utf-8"}  # codecs of what UTF-8 may be called


class XmlText(NamedTuple):
    """The document, without its declaration; `mended` says how it was read instead."""

    text: str
    mended: str | None


def xml_text(body: bytes, content_type: str = "") -> XmlText:
    """The document as text.

    A byte order mark says how it is encoded; what can be UTF-8 is UTF-8, whatever the
    header or the document call it; else they are believed in this order.

    Raises:
        BadDataError: it has an internal subset or an entity, or is no text.
    """
    text, mended = _decoded(body, content_type)
    if ENTITY.search(text) or SUBSET.search(text):
        raise BadDataError("XML that declares entities of its own is not read")
    return XmlText(DECLARATION.sub("", text, count=1), mended)


def _decoded(body: bytes, content_type: str) -> tuple[str, str | None]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _strictly(body, encoding).lstrip("\ufeff"), None
    header, prolog = CHARSET.search(content_type), NAMED.match(body.lstrip())
    named = [header[1]] if header else []
    named += [prolog[1].decode("ascii")] if prolog else []
    for encoding in ("utf-8", *named, "windows-1252"):
        try:
            text = body.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
        lies = [name for name in named if not _is_of(name, encoding, text)]
        return text, f"declared as {lies[0]}, read as {encoding}" if lies else None
    raise BadDataError(f"text in none of {', '.join(dict.fromkeys(named)) or 'UTF-8'}")


def _strictly(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeError as error:
        raise BadDataError(f"not the {encoding} that it begins as: {error}") from None


def _is_of(name: str, encoding: str, text: str) -> bool:
    """Whether a declared name means the same for this text."""
    try:
        declared = codecs.lookup(name).name
    except LookupError:
        return False
    return declared == codecs.lookup(encoding).name or (
        text.isascii() and declared in ASCII
    )
