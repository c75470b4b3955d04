"""Text form: what of a text is scored, and hashed. The same text gives the same form.

HTML or plain, as sources give it: what is marked up, escaped (once or more often) and
wrapped in different ways by different sources has one form, and one hash. A rule that
changes here is a new `VERSION`.
"""

import re
from hashlib import sha256
from html import unescape
from typing import NamedTuple

from pipelines.bronze.text import storable

VERSION = "1"
LONGEST = 40_000  # characters: Reddit's longest post, and VADER's time grows faster
LONGEST_RAW = 1_000_000  # of what is given; the rest is not looked at

# With its semicolon: without it HTML reads `BTC&ETH` as BTC and a letter of Icelandic
AMPERSANDS = re.compile(r"&(?:(?:amp|AMP|#0{0,5}38|#[xX]0{0,5}26);)+")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")

# Elements by name, and attributes with values: `<3` and `a <b and c> d` are text.
# What is left out, what is part of a line, and what begins a new one:
LEFT_OUT = "blockquote|code|head|pre|q|samp|script|style|svg|template"
INLINE = (
    "a|abbr|b|big|cite|del|em|font|i|ins|kbd|mark|s|small|span|strike|strong|sub|sup"
    "|time|tt|u|var|wbr"
)
BLOCK = (
    "article|aside|audio|body|br|button|caption|center|dd|details|div|dl|dt|embed"
    "|figcaption|figure|footer|form|h[1-6r]|header|html|iframe|img|input|label|li|link"
    "|main|meta|nav|noscript|object|ol|option|p|picture|section|select|source|summary"
    "|table|tbody|td|tfoot|th|thead|title|tr|ul|video"
)
TAG = re.compile(
    rf"""
    < (?P<closing>/?) (?: (?P<out>{LEFT_OUT}) | (?P<inline>{INLINE}) | {BLOCK} )
    (?> (?>\s+ [\w:-]+ \s* = \s* (?> "[^"]*" | '[^']*' | [^\s"'<>]+ ))* ) \s* /? >
    | \[ (?P<closing_code>/?) (?P<code>quote|code) (?> [=\s][^\]\n]* )? \]
    """,
    re.VERBOSE | re.IGNORECASE,
)
HREF = re.compile(r"""\bhref\s*=\s*["']?([^\s"'<>]+)""", re.IGNORECASE)

FENCED = re.compile(r"```.*?```", re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]+`")
# as Markdown and e-mail quote; `>:(` is no quote
QUOTED_LINE = re.compile(
    r"""^[ \t]*>+(?:[ \t]+|(?=[\w"'(\[\u201c]))[^\n]*""", re.MULTILINE
)
NAMED_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,2000})\)")
URL = re.compile(
    r"""
    (?: (?:https?|ftp):// | \bwww\. | \b(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}/ )
    [^\s<>"]* (?<![.,;:!?)\]'*_])
    """,
    re.VERBOSE | re.IGNORECASE,
)


class TextForm(NamedTuple):
    """A text as it is scored.

    Attributes:
        text_hash: SHA-256 of it as UTF-8, in hexadecimal digits.
        links_count: different addresses that the text links to; they are no part of it.
    """

    text: str
    text_hash: str
    links_count: int


def text_form(raw: str) -> TextForm:
    """The form of a text as a source gave it, HTML or plain."""
    links: set[str] = set()
    text = storable(_unescaped(raw[:LONGEST_RAW]))
    if "<" in text or "[" in text:
        text = _without_markup(_without_comments(text), links)
    if "`" in text:
        text = INLINE_CODE.sub(" ", FENCED.sub(" ", text))
    if ">" in text:
        text = QUOTED_LINE.sub(" ", text)
    if "/" in text or "www." in text.lower():
        text = _without_links(text, links)
    text = " ".join(INVISIBLE.sub("", text).split())[:LONGEST].rstrip()
    return TextForm(text, sha256(text.encode()).hexdigest(), len(links))


def _unescaped(text: str) -> str:
    """Entities as what they stand for, however often they were escaped."""
    if "&" not in text:
        return text
    return ENTITY.sub(lambda found: unescape(found[0]), AMPERSANDS.sub("&", text))


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])


def _without_markup(text: str, links: set[str]) -> str:
    """The text between tags; none of elements that are left out, up to their end."""
    kept: list[str] = []
    depth = at = 0
    for tag in TAG.finditer(text):
        if not depth:
            kept.append(text[at : tag.start()])
        at = tag.end()
        if not tag["inline"]:
            kept.append("\n")
        if tag["out"] or tag["code"]:
            is_end = tag["closing"] or tag["closing_code"]
            depth = max(0, depth - 1) if is_end else depth + 1
        elif href := HREF.search(tag[0]):
            _link(href[1], links)
    if not depth:
        kept.append(text[at:])
    return "".join(kept)


def _without_links(text: str, links: set[str]) -> str:
    """The text with names of links in place of them; addresses go into `links`."""

    def named(found: re.Match[str]) -> str:
        _link(found[2], links)
        return found[1]

    def bare(found: re.Match[str]) -> str:
        _link(found[0], links)
        return " "

    return URL.sub(bare, NAMED_LINK.sub(named, text))


def _link(address: str, links: set[str]) -> None:
    """Note an address that leads elsewhere."""
    if URL.match(address):
        links.add(address.rstrip("/"))
