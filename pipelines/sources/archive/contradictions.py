"""A check of doctor: verified files that contradict each other."""

from typing import LiteralString

from pipelines import warehouse
from pipelines.upstream.health_check import FailedCheckError, HealthCheck

CONTRADICTED: LiteralString = """
select
    count(*) over () as minutes_count,
    d.exchange_id,
    d.symbol,
    to_char(min(d.opened_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI')
from silver.int_candle_disagreements as d
inner join silver.int_candles_archived as a
    on
        d.reading_id = a.file_id
        and d.exchange_id = a.exchange_id
        and d.symbol = a.symbol
        and extract(epoch from d.opened_at) * 1000 = a.opened_at_ms
where
    d.source = 'archive'
    and d.standing_source = 'archive'
    and d.standing_evidence_grade = 'closed'
    and a.is_sealing
group by d.exchange_id, d.symbol, d.opened_at
order by d.opened_at, d.exchange_id, d.symbol
limit 1
"""


def _contradictions() -> str:
    with warehouse.connect("transformer", warehouse.process_name("doctor")) as db:
        if not warehouse.has_table(db, "silver.int_candle_disagreements"):
            return "nothing is built yet"
        row = db.execute(CONTRADICTED).fetchone()
    if row is None:
        return "no verified files contradict each other"
    minutes_count, exchange_id, symbol, opened_at = row
    raise FailedCheckError(
        f"verified files contradict each other in {minutes_count}"
        f" {'minute' if minutes_count == 1 else 'minutes'}, which stand as *closed*",
        f"see: bullion explain {exchange_id} {symbol} 1m {opened_at}",
        is_warning=True,
    )


CONTRADICTIONS = HealthCheck("archive files", _contradictions, "bullion transform")
