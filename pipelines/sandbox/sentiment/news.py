"""Feeds of news: RSS 2.0, Atom and JSON Feed, told by their paths; all have one stream.

https://www.rssboard.org/rss-specification, RFC 4287, https://jsonfeed.org/version/1.1
"""

from collections.abc import Sequence
from email.utils import formatdate
from typing import Any
from xml.sax.saxutils import escape

from pipelines.sandbox.answers import Answer, document
from pipelines.sandbox.clock import iso
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Item, Stream

_ARTICLES = 60
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def answer(stream: Stream, ask: Ask) -> Answer:
    """The feed of a path: its newest articles."""
    items = stream.newest(_ARTICLES)
    if ask.path.startswith("/api/v1/posts"):
        return document(_cryptopanic(items))
    if "json" in ask.path:
        return document(_json(items, ask))
    is_atom = "atom" in ask.path
    text = _atom(items, ask) if is_atom else _rss(items, ask)
    kind = "application/atom+xml" if is_atom else "application/rss+xml"
    headers = {"Content-Type": f"{kind}; charset=utf-8"}
    return Answer(200, f"{XML}{text}".encode(), headers=headers)


def _id(item: Item, ask: Ask) -> str:
    return f"{ask.path.strip('/')}-{item.number}"


def _link(item: Item, ask: Ask) -> str:
    return f"https://news.example{ask.path}/{item.number}"


def _rss(items: Sequence[Item], ask: Ask) -> str:
    made = (
        f"<item><title>{escape(one.title)}</title><link>{_link(one, ask)}</link>"
        f'<guid isPermaLink="false">{_id(one, ask)}</guid>'
        f"<pubDate>{formatdate(one.created_s)}</pubDate>"
        f"<description><![CDATA[<p>{one.text}</p>]]></description>"
        f"<category>{one.asset}</category></item>"
        for one in items
    )
    return (
        '<rss version="2.0"><channel><title>Sandbox News</title>'
        f"<link>https://news.example{ask.path}</link>"
        f"<description>What is new</description>{''.join(made)}</channel></rss>"
    )


def _atom(items: Sequence[Item], ask: Ask) -> str:
    made = (
        f'<entry><title>{escape(one.title)}</title><link href="{_link(one, ask)}"/>'
        f"<id>{_id(one, ask)}</id><published>{iso(one.created_ms, 0)}</published>"
        f"<updated>{iso(one.edited_ms or one.created_ms, 0)}</updated>"
        f'<summary type="html">{escape(f"<p>{one.text}</p>")}</summary></entry>'
        for one in items
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Sandbox News</title>'
        f"<id>https://news.example{ask.path}</id>"
        f"<updated>{iso(items[0].created_ms, 0)}</updated>{''.join(made)}</feed>"
    )


def _json(items: Sequence[Item], ask: Ask) -> Any:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Sandbox News",
        "feed_url": f"https://news.example{ask.path}",
        "items": [
            {
                "id": _id(one, ask),
                "url": _link(one, ask),
                "title": one.title,
                "content_html": f"<p>{one.text}</p>",
                "date_published": iso(one.created_ms, 0),
                "authors": [{"name": one.author}],
                "tags": [one.asset],
            }
            for one in items
        ],
    }


def _cryptopanic(items: Sequence[Item]) -> Any:
    results = [
        {
            "id": one.number,
            "title": one.title,
            "created_at": iso(one.created_ms, 0),
            "published_at": iso(one.created_ms, 0),
            "url": f"https://cryptopanic.example/news/{one.number}",
            "source": {"title": "Sandbox", "domain": "news.example", "path": None},
            "domain": "news.example",
            "votes": {"positive": one.score, "negative": one.comments, "important": 0},
            "currencies": [{"code": one.asset[:3].upper(), "title": one.asset}],
        }
        for one in items
    ]
    return {"count": len(results), "next": None, "previous": None, "results": results}
