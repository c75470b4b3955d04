"""Sentiment in gold: as recorded, and the same however polls are split and ordered."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from pipelines.collector.load_once import load_once
from pipelines.enrichment import scorers, scoring
from pipelines.sources import members
from pipelines.sources.sentiment.texts import score_items
from pipelines.upstream.options import LoadOptions
from tests.contents.asset_features import Features
from tests.contents.transform import Transform
from tests.histories import sentiment_recordings
from tests.histories.sentiment_recordings import SENTIMENT, listing, post, put
from tests.integration.models.test_dbt_histories import select
from tests.soak import seeds, times

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
STORED = (
    *("fct_fear_greed", "fct_news", "fct_dev_activity", "fct_sentiment"),
    "fct_attention",
)
FEATURES = ("fct_asset_features", "fct_asset_features_strict")
MODELS = (*STORED, "int_mentions_counted", *FEATURES)
SAID = (
    "$BTC is bullish, to the moon",
    "$ETH got rekt, what a scam",
    "$BTC and $ETH are here",
    "C'est une très bonne nouvelle pour le $BTC, super!",
)
HELD = "select to_jsonb(t) - 'changed_in' from gold.{} as t order by t::text"
ISSUES = """
select activity_date, key, value::integer
from gold.fct_dev_activity as a, jsonb_each_text(to_jsonb(a)) as counted
where key ~ '_(opened|closed)_count$' and value != '0'
order by 1, 2
"""
COMMANDS = (
    ("run", "--select", *MODELS),
    ("run", "--select", "fct_news"),
    ("run", "--select", "fct_attention"),
    ("run", "--select", "int_mentions_counted"),
    ("run", "--full-refresh", "--select", "fct_dev_activity"),
    ("run", "--select", *MODELS, "--vars", "backlog_rows: 1"),
)


def load(folder, now=NOW):
    for name in members("sentiment"):
        source, _ = load_once(name, LoadOptions(recordings=folder, now=now))
        assert source.failures == []


def held():
    models = {name: select(HELD.format(name)) for name in STORED}
    return {name: sorted(map(str, rows)) for name, rows in models.items()}


@pytest.mark.slow
@pytest.mark.skipif(not SENTIMENT.is_dir(), reason=f"no recordings at {SENTIMENT}")
def test_what_was_recorded_is_in_gold(built_database, tmp_path):
    load(sentiment_recordings.recorded(tmp_path / "recorded"))
    score_items(members("sentiment"))
    Transform().run("seed", "--select", "sentiment_sources")
    Transform().run("run", "--select", *MODELS)
    assert select(
        "select index_value::integer, classification, known_at, is_assumed"
        " from gold.fct_fear_greed where index_date = '2023-03-11'"
    ) == [(33, "Fear", datetime(2023, 3, 11, 1, tzinfo=UTC), True)]
    assert select(
        "select count(*), min(index_date), max(index_date) from gold.fct_fear_greed"
    ) == [(131, date(2023, 1, 21), date(2023, 5, 31))]
    assert select(
        "select sum(commits_count + bot_commits_count)::integer, max(stars_count)"
        " from gold.fct_dev_activity"
    ) == [(90, 2256)]
    assert select("select count(*), count(published_at) from gold.fct_news") == [
        (35, 35)
    ]
    assert select(
        "select source, count(*) > 0, bool_and(is_assumed)"
        " from gold.fct_sentiment group by 1 order by 1"
    ) == [("news", True, True)]


def score_anew():
    """Every text, by another version of its scorers that says the same."""
    newer = [one._replace(version=f"{one.version} next") for one in scorers.scorers()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "scorers", lambda: newer)
        score_items(members("sentiment"))


class Polls:
    """Polls of an index whose days are revised, of feeds and of a repository."""

    def __init__(self, seed, count):
        self._rng = random.Random(seed)
        self.count = count
        self.values = defaultdict(list)  # of a day: when, what
        self.posts = defaultdict(list)  # of a post: when, what, of which hour
        self.closed = defaultdict(list)  # of an issue: when it was read, closed when

    def write(self, folder):
        """Folders of loads, each with some of the polls, in any order."""
        numbers = list(range(self.count))
        self._rng.shuffle(numbers)
        while numbers:
            home = folder / f"load_{len(numbers)}"
            for number in [numbers.pop() for _ in range(min(len(numbers), 3))]:
                self._poll(home, number)
            yield home

    def _poll(self, home, number):
        at = NOW + timedelta(hours=7 * number)
        told = {"fetched_at": at.isoformat()}
        put(home, "fear_greed", number, {"data": list(self._days(at))}, **told)
        put(home, "news", number, self._feed(number), **told)
        url = f"https://api.github.com/repos/o/r/commits?per_page=100&poll={number}"
        put(home, "github", number, self._commits(number), url=url, **told)
        url = f"https://api.github.com/repos/o/r/issues?state=all&poll={number}"
        put(home, "github", number + 700, self._issues(number, at), url=url, **told)
        stars = {"full_name": "o/r", "id": 1, "stargazers_count": number}
        put(home, "github", number + 500, stars, **told)
        put(home, "reddit", number, listing(list(self._posts(number, at))), **told)

    def _posts(self, number, at):
        """Posts that are edited, rated anew, and told of twice with another hour."""
        weeks = [(n, 0) for n in range(number, number + 5)]
        # those of the weeks before are history when they are first polled, each week's
        # at another poll than the hours that are compared with it
        for n in range(number, number + 1 + number % 2):
            weeks += [(n + week, week) for week in range(1, 5)]
        for place, week in weeks:
            said = self._rng.choice(SAID)
            hour = self._rng.choice((0, 0, 0, 1))
            created = NOW + timedelta(hours=5 * place + hour) - week * WEEK
            n = place + 1000 * week
            self.posts[n].append((at, said, created.replace(minute=0)))
            yield post(
                n,
                title=f"{said} {n * n * 7919} {n}",
                selftext="",
                score=self._rng.randint(-3, 90),
                created_utc=created.timestamp(),
            )

    def delete(self, folder, n):
        """A poll, in the hour of the last one, in which a post of before is deleted."""
        at = NOW + timedelta(hours=7 * (self.count - 1), minutes=9)
        _, _, created = self.posts[n][-1]
        gone = post(n, selftext="[deleted]", created_utc=created.timestamp())
        put(folder, "reddit", 999, listing([gone]), fetched_at=at.isoformat())
        return folder

    def mentions(self):
        """How many posts name an asset in an hour, as each was last told."""
        counted: Counter[tuple[str, datetime]] = Counter()
        for told in self.posts.values():
            _, said, hour = max(told, key=lambda one: one[0])
            for asset in ("BTC", "ETH"):
                counted[asset, hour] += f"${asset}" in said
        return sorted((*key, count) for key, count in counted.items() if count)

    def _days(self, at):
        today = at.replace(hour=0)
        for day in (today - timedelta(days=n) for n in range(4)):
            value = self._rng.choice((20, 20, 30))
            self.values[day.date()].append((at, value))
            stamp = str(int(day.timestamp()))
            yield {"value": str(value), "timestamp": stamp}

    def _feed(self, number):
        items = "".join(
            f"<item><guid>{n}</guid><title>{n} at {self._rng.choice('ab')}</title>"
            f"<pubDate>{'soon' if n % 3 else '2026-11-28T10:00:00Z'}</pubDate></item>"
            for n in range(number, number + 4)
        )
        feed = f"<rss version='2.0'><channel><title>N</title>{items}</channel></rss>"
        return feed.encode()

    def _commits(self, number):
        return [
            {
                "sha": f"{n:040}",
                "url": f"https://api.github.com/repos/o/r/commits/{n:040}",
                "parents": [{}] * (1 + n % 2),
                "author": {"login": f"a{n % 3}" if n % 4 else "x[bot]"},
                "commit": {
                    "committer": {
                        "date": (NOW + timedelta(hours=3 * n - 90)).isoformat()
                    }
                },
            }
            for n in range(5 * number, 5 * number + 8)
        ]

    def _issues(self, number, at):
        """Issues that are closed, opened again, and closed on another day."""
        rng = random.Random(number)
        for n in range(number, number + 4):
            later = rng.choice((None, 0, 0, 20))
            closed = NOW + timedelta(hours=7 * n + (later or 0))
            told = None if later is None else closed.isoformat()
            self.closed[n].append((at, told))
        return [
            {
                "id": n,
                "number": n,
                "title": f"It fails {n}",
                "state": "closed" if self.closed[n][-1][1] else "open",
                "url": f"https://api.github.com/repos/o/r/issues/{n}",
                "user": {"login": "a" if n % 4 else "x[bot]"},
                "created_at": (NOW + timedelta(hours=7 * n - 30)).isoformat(),
                "updated_at": at.isoformat(),
                "closed_at": self.closed[n][-1][1],
                **({"pull_request": {}} if n % 3 else {}),
            }
            for n in range(number, number + 4)
        ]

    def issues(self):
        """How many of people were opened and closed, and of bots, on which days."""
        counted: Counter[tuple[date, str]] = Counter()
        for n, told in self.closed.items():
            _, closed = max(told)
            days = {"opened": NOW + timedelta(hours=7 * n - 30)}
            if closed:
                days["closed"] = datetime.fromisoformat(closed)
            kind = "pull_requests" if n % 3 else "issues"
            for what, day in days.items():
                counted[day.date(), f"{kind if n % 4 else 'bot'}_{what}_count"] += 1
        return sorted((*key, count) for key, count in counted.items())

    def index(self):
        """Of each day its newest value and how many it has had."""
        for day, told in sorted(self.values.items()):
            values = [value for _, value in sorted(told)]
            changes = sum(a != b for a, b in pairwise(values))
            yield day, values[-1], 1 + changes


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(__name__, times(20, 1)))
def test_gold_is_the_same_however_polls_are_split_and_ordered(
    built_database, tmp_path, seed
):
    print(f"seed {seed}")
    rng, transform, polls = random.Random(seed), Transform(), Polls(seed, times(30, 9))
    for number, folder in enumerate(polls.write(tmp_path)):
        load(folder)
        # what the first load brings is built before any other
        if not number or rng.random() < 0.7:
            score_items(members("sentiment"))
        if not number or rng.random() < 0.7:
            transform.rerun(*(rng.choice(COMMANDS) if number else COMMANDS[0]))
    score_items(members("sentiment"))
    transform.rerun("run", "--select", *MODELS)
    standing = held()
    assert select(
        "select index_date, index_value::integer, versions_count"
        " from gold.fct_fear_greed order by 1"
    ) == list(polls.index())
    assert select("select count(*) from gold.fct_news") == [(polls.count + 3,)]
    assert select(
        "select sum(commits_count + bot_commits_count)::integer"
        " from gold.fct_dev_activity"
    ) == [(5 * polls.count + 3,)]
    assert select(ISSUES) == polls.issues()
    assert (
        select(
            "select asset, hour_at, sum(items_count)::integer"
            " from gold.fct_sentiment group by 1, 2 order by 1, 2"
        )
        == polls.mentions()
    )
    assert select(
        "select distinct language from gold.fct_sentiment"
        " where scored_count = 0 and unscored_count > 0"
    ) == [("fr",)]
    for strict in (False, True):
        features = Features(select, polls.values, strict=strict)
        features.check()
        assert {age for _, _, _, _, _, _, age, *_ in features.rows} >= {None, 0}
    assert select(
        "select bool_or(attention is not null), bool_or(is_assumed)"
        " from gold.fct_attention"
    ) == [(True, True)]
    transform.run("run", "--full-refresh", "--select", *MODELS)
    assert held() == standing
    for change in (score_anew, lambda: load(polls.delete(tmp_path / "deleted", 4004))):
        change()
        transform.rerun("run", "--select", *MODELS)
        assert held() == standing
    assert select(
        "select distinct title from bronze_reddit.items where item_id = 't3_004004'"
    ) == [(None,)]
