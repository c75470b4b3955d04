"""GitHub: repositories, commits and issues, by https://docs.github.com/en/rest.

Lists are paged by `Link`; an answer has an ETag, and who sends it back gets a 304.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from pipelines.sandbox.answers import Answer, RefusedError, document, encoded
from pipelines.sandbox.clock import iso, parse_instant
from pipelines.sandbox.market import HOUR_MS
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Item, Stream

_STEPS = 864  # six days; each repository has every third
_REPOSITORY = re.compile(r"/repos/([\w.-]+/[\w.-]+)(/commits|/issues)?")
_BOT = "dependabot[bot]"
_CLOSED_AFTER_MS = 5 * HOUR_MS


def answer(stream: Stream, ask: Ask) -> Answer:
    """A repository, or a page of its commits or issues."""
    found = _REPOSITORY.fullmatch(ask.path)
    if not found:
        docs = "https://docs.github.com/rest"
        raise RefusedError(404, {"message": "Not Found", "documentation_url": docs})
    name, part = found[1], found[2] or ""
    if not part:
        return _tagged(document(_repository(stream, name)), ask)
    share = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3
    items = stream.newest(_STEPS, lambda one: one.number % 3 == share)
    shows: dict[str, tuple[Callable[[Stream, str, Item], Any], Callable[[Any], str]]]
    shows = {
        "/commits": (_commit, lambda one: str(one["commit"]["committer"]["date"])),
        "/issues": (_issue, lambda one: str(one["updated_at"])),
    }
    show, at = shows[part]
    made = sorted((show(stream, name, one) for one in items), key=at, reverse=True)
    since = parse_instant(ask.params.get("since", "1970-01-01"))
    return _page([one for one in made if parse_instant(at(one)) >= since], ask)


def _page(made: Sequence[Any], ask: Ask) -> Answer:
    size, number = ask.count("per_page", 30, 100), ask.count("page", 1, 1 << 20)
    answer = document(list(ask.page(made, (number - 1) * size, size)))
    last = -(-(len(made) + ask.shift) // size)
    links = {"next": number + 1, "last": last} if number < last else {}
    told = (f'<{ask.url(page=str(at))}>; rel="{name}"' for name, at in links.items())
    link = {"Link": ", ".join(told)} if links else {}
    return _tagged(Answer(200, answer.body, headers=link), ask)


def _tagged(answer: Answer, ask: Ask) -> Answer:
    tag = f'W/"{hashlib.sha256(answer.body).hexdigest()}"'
    headers = {**answer.headers, "ETag": tag}
    if ask.headers.get("if-none-match") == tag:
        return Answer(304, headers=headers)
    return Answer(200, answer.body, headers=headers)


def _repository(stream: Stream, name: str) -> Any:
    number = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)
    hours = stream.now_ms // HOUR_MS
    return {
        "id": number,
        "name": name.partition("/")[2],
        "full_name": name,
        "private": False,
        "fork": False,
        "archived": False,
        "size": 200_000 + hours % 1_000,
        "stargazers_count": number % 50_000 + hours % 10_000,
        "forks_count": number % 20_000,
        "open_issues_count": 500 + hours % 50,
        "subscribers_count": number % 4_000,
        "default_branch": "master",
        "language": "C++",
        "license": {"key": "mit", "spdx_id": "MIT"},
        "created_at": "2010-12-19T15:16:43Z",
        "updated_at": iso(hours * HOUR_MS, 0),
        "pushed_at": iso(hours * HOUR_MS, 0),
    }


def _user(item: Item) -> Any:
    login = _BOT if item.number % 7 == 0 else item.author
    return {"login": login, "id": item.number, "type": "User"}


def _commit(stream: Stream, name: str, item: Item) -> Any:
    del stream
    user = _user(item)
    email = f"{user['login']}@people.example"
    signed = {"name": user["login"], "email": email, "date": iso(item.created_ms, 0)}
    sha = hashlib.sha1(encoded([name, item.number]), usedforsecurity=False).hexdigest()
    parents = [{"sha": "0" * 40}] * (2 if item.number % 10 == 0 else 1)
    return {
        "sha": sha,
        "url": f"https://api.github.com/repos/{name}/commits/{sha}",
        "commit": {"author": signed, "committer": signed, "message": item.title},
        "author": user,
        "committer": user,
        "parents": parents,
    }


def _issue(stream: Stream, name: str, item: Item) -> Any:
    closed_ms = item.created_ms + _CLOSED_AFTER_MS
    is_closed = item.number % 2 == 0 and closed_ms <= stream.now_ms
    url = f"https://api.github.com/repos/{name}"
    own = int(hashlib.sha256(encoded([name, item.number])).hexdigest()[:12], 16)
    issue = {
        "id": own,
        "url": f"{url}/issues/{item.number}",
        "repository_url": url,
        "number": item.number,
        "title": item.title,
        "body": item.text,
        "user": _user(item),
        "state": "closed" if is_closed else "open",
        "state_reason": "completed" if is_closed else None,
        "comments": item.comments,
        "labels": [{"id": 1, "name": item.asset}],
        "created_at": iso(item.created_ms, 0),
        "updated_at": iso(closed_ms if is_closed else item.created_ms, 0),
        "closed_at": iso(closed_ms, 0) if is_closed else None,
    }
    if item.is_reply:
        issue["pull_request"] = {"url": f"{url}/pulls/{item.number}", "merged_at": None}
    return issue
