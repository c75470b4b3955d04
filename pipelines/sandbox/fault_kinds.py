"""The faults there are, what each does, and to which upstreams."""

_SHARED = {
    "too_many": "429 with Retry-After (variant bare: without; reset: with "
    "X-Ratelimit-Reset instead)",
    "server_error": "5xx with a page of HTML, as a load balancer sends it",
    "timeout": "no answer for `seconds`, then the connection is closed",
    "slow": "the whole answer, `seconds` late",
    "truncated": "half of the body, with the length of that half",
    "disconnect": "half of the body, and the connection is closed",
}
_PAGES = {
    "duplicate": "some rows of a page stand twice",
    "out_of_order": "the rows of a page are shuffled",
    "missing": "rows are left out; the same rows whenever they are asked for",
}
_MARKETS = {
    "freeze": "trades have the last price before the span",
    "spike": "prices times `factor`, of one venue",
    "depeg": "prices times `factor`, of an asset that is held at a price",
    "gone": "no trades",
}
_FILES = {
    "archive_checksum": "a file's bytes and its .CHECKSUM differ (variant zip, "
    "the default: a byte of the zip; checksum: the digest)",
    "archive_republished": "a file is published again, later, with one value changed",
    "archive_missing": "a file is not there (variant listed: the listing shows it)",
    "archive_truncated": "half of a zip, and its .CHECKSUM is of that half (variant "
    "original: of the whole)",
    "archive_frozen": "the asks' bands up to 2 percent of a file of depth stand still "
    "all day, and its .CHECKSUM holds",
}
_NODES = {
    "quota_spent": "no call is answered any more today (variant infura: 402; alchemy, "
    "code: error -33000)",
    "too_large": "413 for a request of more than `most` calls",
    "batch_limit": "an error for a batch of more than `most` calls (variant geth, "
    "erigon)",
    "behind": "a node that is `blocks` behind the chain",
    "balanced": "every second request meets a node that is `blocks` behind",
}
_CALLS = {
    "method_absent": "error -32601 (variant hash: only of a block's hash)",
    "call_failed": "an error for one call, alone in its batch (variant internal, "
    "header, pruned)",
    "call_limited": "an error for one call that came too soon (variant alchemy, "
    "infura, quicknode)",
    "range_limit": "eth_getLogs of more than `most` logs (variant infura, alchemy) or "
    "blocks (variant quicknode, ankr, large)",
}
_RECEIPTS = {
    "receipts_missing": "a block's receipts are null (variant empty: none; few: all "
    "but the last)",
    "receipt_altered": "a receipt's status is another one",
}
_LOGS = {
    "log_omitted": "one of a block's logs is left out (variant renumbered: and those "
    "after it have its number on)",
    "log_swapped": "two neighbouring logs of a transaction have changed places",
    "log_altered": "a digit of a log's data (variant topic: of a topic) is another one",
}
_BLOCKS = {
    "block_altered": "a digit of a block's state root (variant input: of a "
    "transaction's input) is another one",
}
_SAYINGS = {
    "spent": "403, nothing remaining, and when there is more, as GitHub says it",
    "item_moved": "an item of the page before stands on a later page again",
    "item_deleted": "one was deleted since the first page: of pages by number the next "
    "one passes one over",
    "xml_broken": "a feed with a bare ampersand, and without its last tags",
    "charset": "a feed in UTF-8 that is called another (variant lying: in another, "
    "that is called UTF-8)",
    "entity_bomb": "a feed with entities of entities",
    "gzip_bomb": "100 MB, packed to 100 KB",
    "huge": "50 MB",
    "redirect": "302 to http://169.254.169.254",
}

KINDS = {
    **_SHARED,
    **_PAGES,
    **_MARKETS,
    **_FILES,
    **_NODES,
    **_CALLS,
    **_RECEIPTS,
    **_LOGS,
    **_BLOCKS,
    **_SAYINGS,
}
PAGE_KINDS = tuple(_PAGES)
MARKET_KINDS = tuple(_MARKETS)
FILE_KINDS = tuple(_FILES)
VENUE_KINDS = (*_SHARED, *_PAGES)
NODE_KINDS = (*_SHARED, *_NODES)
CALL_KINDS = tuple(_CALLS)
LOG_KINDS = tuple(_LOGS)
RECEIPT_KINDS = (*_RECEIPTS, *_LOGS)
BLOCK_KINDS = tuple(_BLOCKS)
SAYING_KINDS = (*_SHARED, *_SAYINGS)

VARIANTS: dict[str, tuple[str, ...]] = {
    "too_many": ("", "bare", "reset"),
    "charset": ("wrong", "lying"),
    "archive_checksum": ("zip", "checksum"),
    "archive_missing": ("", "listed"),
    "archive_truncated": ("", "original"),
    "quota_spent": ("infura", "alchemy", "code"),
    "batch_limit": ("geth", "erigon"),
    "method_absent": ("", "hash"),
    "call_failed": ("internal", "header", "pruned"),
    "call_limited": ("alchemy", "infura", "quicknode"),
    "range_limit": ("infura", "alchemy", "quicknode", "ankr", "large"),
    "receipts_missing": ("null", "empty", "few"),
    "log_omitted": ("", "renumbered"),
    "log_altered": ("data", "topic"),
    "block_altered": ("header", "input"),
}
"""What a kind may be told; the first is what `""` stands for."""
