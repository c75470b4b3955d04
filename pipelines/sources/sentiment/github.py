"""GitHub: a row is a repository's numbers, a commit or an issue as one fetch had it.

https://docs.github.com/en/rest/repos/repos, .../commits/commits, .../issues/issues, of
which one with `pull_request` is such: 60 requests an hour for an address, 5,000 with a
token; pages by `Link`. An unchanged answer is 304 by its ETag, and does not count.
"""

import re
from collections.abc import Mapping
from typing import Any

from pipelines.sources.sentiment.declaration import Endpoint, Upstream, every, has
from pipelines.sources.sentiment.fields import (
    Cell,
    count,
    first,
    flag,
    inner,
    iso,
    text,
)
from pipelines.sources.sentiment.pages import linked
from pipelines.sources.sentiment.tables import COMMITS, ISSUES, REPOSITORIES
from pipelines.upstream.budget import Limit

REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)")
BOT = re.compile(r"(\[bot\]|[-_]bot|[-_]robot)$", re.IGNORECASE)
FIRST_PAGES = 10  # 500 pages of commits would take an address's limit half a day
TOKEN = "BULLION_GITHUB_TOKEN"  # noqa: S105  # the name of a setting


def _repository(item: Any) -> Cell:
    found = REPOSITORY.search(str(inner(item, "url")))
    return found[1] if found else None


_name = first(text("author", "login"), text("commit", "author", "name"))


def _bot(commit: Any) -> Cell:
    return _bots(_name(commit), inner(commit, "author", "type"))


def _bots(login: Cell, kind: Any) -> Cell:
    """The login, where it is a bot's by its pattern, or GitHub says so."""
    return login if kind == "Bot" or BOT.search(str(login or "")) else None


def _reporting_bot(issue: Any) -> Cell:
    return _bots(text("user", "login")(issue), inner(issue, "user", "type"))


def _reporter(issue: Any) -> Cell:
    return None if _reporting_bot(issue) else text("user", "login")(issue)


def _author(commit: Any) -> Cell:
    """A person: the login, else the address that the commit has."""
    if _bot(commit):
        return None
    address = first(text("commit", "author", "email"), text("commit", "author", "name"))
    return first(text("author", "login"), address)(commit)


def _parents(commit: Any) -> Cell:
    parents = inner(commit, "parents")
    return len(parents) if isinstance(parents, list) else None


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    given = {"Accept": "application/vnd.github+json"}
    token = secrets.get(TOKEN)
    return {**given, "Authorization": f"Bearer {token}"} if token else given


UPSTREAM = Upstream(
    name="github",
    url="https://api.github.com",
    limits={"hour": Limit(60, 3600, 20)},
    limits_with_secrets={"hour": Limit(5_000, 3600, 100)},
    optional_secrets=(TOKEN,),
    headers=_headers,
    endpoints=[
        Endpoint(
            name="repository",
            table=REPOSITORIES,
            key="repository",
            path="/repos/{subject}",
            fits=lambda body: has(body, "full_name", "stargazers_count"),
            items=lambda body: [body],
            fields={
                "repository": text("full_name"),
                "repository_id": text("id"),
                "stars_count": count("stargazers_count"),
                "forks_count": count("forks_count"),
                "open_issues_count": count("open_issues_count"),
                "subscribers_count": count("subscribers_count"),
                "size_kb": count("size"),
                "default_branch": text("default_branch"),
                "language": text("language"),
                "license": text("license", "spdx_id"),
                "is_fork": flag("fork"),
                "is_archived": flag("archived"),
                "created_at": iso("created_at"),
                "updated_at": iso("updated_at"),
                "pushed_at": iso("pushed_at"),
            },
            subject=text("full_name"),
        ),
        Endpoint(
            name="commits",
            table=COMMITS,
            key="sha",
            time="committed_at",
            path="/repos/{subject}/commits",
            params={"per_page": "100"},
            fits=lambda body: every(lambda c: has(c, "sha", "commit"), body),
            items=lambda body: body,
            fields={
                "repository": _repository,
                "sha": text("sha"),
                "message": text("commit", "message"),
                "bot_login": _bot,
                "parents_count": _parents,
                "authored_at": iso("commit", "author", "date"),
                "committed_at": iso("commit", "committer", "date"),
            },
            subject=_repository,
            author=_author,
            cursors={"page": "1", "last_sha": ""},
            next_url=linked,
            since="since",
            first_pages=FIRST_PAGES,
        ),
        Endpoint(
            name="issues",
            table=ISSUES,
            key="issue_id",
            time="updated_at",  # which `since` is about
            path="/repos/{subject}/issues",
            params={"state": "all", "sort": "updated", "per_page": "100"},
            fits=lambda body: every(lambda i: has(i, "number", "state", "title"), body),
            items=lambda body: body,
            fields={
                "repository": _repository,
                "issue_id": text("id"),
                "issue_number": count("number"),
                "is_pull_request": lambda issue: has(issue, "pull_request"),
                "state": text("state"),
                "state_reason": text("state_reason"),
                "title": text("title"),
                "text": text("body"),
                "bot_login": _reporting_bot,
                "comments_count": count("comments"),
                "created_at": iso("created_at"),
                "updated_at": iso("updated_at"),
                "closed_at": iso("closed_at"),
            },
            subject=_repository,
            author=_reporter,
            cursors={"page": "1", "after": ""},
            next_url=linked,
            since="since",
            first_pages=FIRST_PAGES,
        ),
    ],
)
