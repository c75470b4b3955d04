"""The bronze tables: what was said, as it was sent, with the fetch that had it."""

from pipelines.bronze.tables import Column, Table, columns

# where a row comes from: a fetch is all pages of one walk, an answer is one page
PLACE = (
    *columns("text", "endpoint", "fetch_id", "answer_id"),
    Column("item_number", "bigint"),
    Column("received_at", "timestamp"),
    Column("origin", "text"),
)
# an author is only a keyed hash; another key begins other authors
AUTHOR = columns("text", "author_hash", "author_key_id", nullable=True)

ITEMS = Table(
    "items",  # a post, comment or article as one fetch had it: a snapshot
    (
        *columns("text", "kind", "item_id"),
        *columns("text", "subject", "parent_id", "title", "text", nullable=True),
        *columns("text", "url", "language", nullable=True),
        *AUTHOR,
        Column("author_created_at", "timestamp", nullable=True),
        *columns("bigint", "author_karma", "score", "comments_count", nullable=True),
        Column("is_stickied", "bool", nullable=True),
        Column("tombstone", "text", nullable=True),  # deleted, or removed: no text
        Column("attributes", "text", nullable=True),  # further numbers and tags, JSON
        *columns("timestamp", "created_at", "edited_at", nullable=True),
        Column("created_text", "text", nullable=True),  # the time as it was sent
        # what it is asked for again by, where that names its author
        Column("sealed_address", "text", nullable=True),
        *PLACE,
    ),
    indexes=(("item_id",), ("created_at",), ("fetch_id",)),
)

INDEX_VALUES = Table(
    "index_values",  # the index of a day as one fetch had it
    (
        Column("indexed_at", "timestamp"),
        *columns("text", "value", "indexed_text"),
        *columns("text", "classification", "seconds_until_update", nullable=True),
        *PLACE,
    ),
    indexes=(("indexed_at",),),
)

REPOSITORIES = Table(
    "repositories",  # a repository's numbers at a fetch
    (
        *columns("text", "repository", "repository_id"),
        *columns("bigint", "stars_count", "forks_count", nullable=True),
        *columns("bigint", "open_issues_count", "subscribers_count", nullable=True),
        Column("size_kb", "bigint", nullable=True),
        *columns("text", "default_branch", "language", "license", nullable=True),
        *columns("bool", "is_fork", "is_archived", nullable=True),
        *columns("timestamp", "created_at", "updated_at", "pushed_at", nullable=True),
        *PLACE,
    ),
    indexes=(("repository", "received_at"),),
)

COMMITS = Table(
    "commits",  # a commit as one fetch had it
    (
        *columns("text", "repository", "sha"),
        Column("message", "text", nullable=True),
        *AUTHOR,
        Column("bot_login", "text", nullable=True),  # a bot is nobody: as it was sent
        Column("parents_count", "bigint", nullable=True),
        *columns("timestamp", "authored_at", "committed_at", nullable=True),
        *PLACE,
    ),
    indexes=(("repository", "committed_at"), ("sha",)),
)

ISSUES = Table(
    "issues",  # an issue or a pull request as one fetch had it
    (
        *columns("text", "repository", "issue_id"),
        Column("issue_number", "bigint"),
        Column("is_pull_request", "bool"),
        Column("state", "text"),
        *columns("text", "state_reason", "title", "text", nullable=True),
        *AUTHOR,
        Column("bot_login", "text", nullable=True),  # a bot is nobody: as it was sent
        Column("comments_count", "bigint", nullable=True),
        *columns("timestamp", "created_at", "updated_at"),
        Column("closed_at", "timestamp", nullable=True),
        *PLACE,
    ),
    indexes=(("repository", "created_at"), ("repository", "closed_at"), ("issue_id",)),
)

COINS = Table(
    "coins",  # a coin's community and developer numbers at a fetch, as given
    (
        *columns("text", "coin_id", "symbol", "name"),
        *columns("text", "community", "developer", nullable=True),  # JSON
        *columns("text", "sentiment_up_pct", "watchlist_users", nullable=True),
        Column("updated_at", "timestamp", nullable=True),
        *PLACE,
    ),
    indexes=(("coin_id",),),
)

COIN_MARKETS = Table(
    "coin_markets",  # a coin's market numbers at a fetch, as given
    (
        *columns("text", "coin_id", "symbol", "name"),
        *columns(
            "text",
            *("current_price", "market_cap", "market_cap_rank", "total_volume"),
            *("fully_diluted_valuation", "high_24h", "low_24h", "price_change_24h"),
            *("price_change_percentage_24h", "circulating_supply", "total_supply"),
            *("max_supply", "ath", "atl"),
            nullable=True,
        ),
        *columns("timestamp", "ath_at", "atl_at", "updated_at", nullable=True),
        *PLACE,
    ),
    indexes=(("coin_id",),),
)

ANSWERS = Table(
    "answers",  # a body as one request, or one recording, gave it
    (
        *columns("text", "answer_id", "fetch_id"),
        Column("page_number", "bigint"),
        *columns("text", "endpoint", "subject", "request_id", nullable=True),
        Column("status", "bigint"),
        Column("outcome", "text"),  # read, unchanged, quarantined
        *columns("text", "etag", "mended", nullable=True),
        Column("has_next", "bool"),
        *columns("bigint", "items_count", "refused_count", "bytes_count"),
        Column("newest_at", "timestamp", nullable=True),
        *columns("text", "body_sha256", "origin"),
        Column("received_at", "timestamp"),
    ),
    indexes=(("answer_id",), ("endpoint", "subject", "received_at")),
)

QUARANTINE = Table(
    "quarantine",  # a body or an item of one that was refused, and why
    (
        *columns("text", "answer_id", "reason", "raw"),
        *columns("text", "endpoint", "subject", nullable=True),
        Column("item_number", "bigint", nullable=True),  # null: the whole body
        Column("received_at", "timestamp"),
        Column("origin", "text"),
    ),
    indexes=(("answer_id",),),
)
