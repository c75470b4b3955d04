"""Rows of bronze beside blocks: what was asked for, refused, or told differently."""

from tests.histories.chain_rows import Block, Rows, Sent


def page(rows: Rows, start: int, end: int, sent: Sent) -> None:
    """Numbers that were asked for, whatever came of it."""
    optional = ("asked_cursor", "first_id", "last_id", "next_cursor", "sends_empty")
    rows.add(
        "pages",
        {
            "scope": sent.chain,
            "subject": "",
            "feed": "blocks",
            "asked_from": start,
            "asked_until": end,
            "answered_from": start,
            "answered_until": start,
            **dict.fromkeys(optional),
            "rows_count": 0,
            "upstream_now_ms": 0,
            **{k: v for k, v in sent.columns.items() if k != "endpoint"},
        },
    )


def refused(rows: Rows, chain_id: int, number: int, sent: Sent) -> None:
    """What was sent of a number, and can not be right."""
    row = {"table_name": "blocks", "chain_id": chain_id, "block_number": number}
    more = {"block_hash": None, "reason": "it is odd", "raw": "{}", **sent.columns}
    rows.add("quarantine", row | more)


def differing(rows: Rows, block: Block, sent: Sent) -> None:
    """Two endpoints have a field of the block differently."""
    rows.add(
        "disagreements",
        {
            "chain_id": block.chain_id,
            "block_number": block.number,
            "block_hash": block.block_hash,
            "field": "miner",
            "value": "1",
            "other_value": "2",
            "other_endpoint": "other",
            **sent.columns,
        },
    )
