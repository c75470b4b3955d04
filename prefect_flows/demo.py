"""The demo: the main job on the embedded default, from nothing to printed gold.

It runs the `refresh` flow itself, so that what is shown is what is deployed.
"""

import time

from rich.console import Console

from pipelines import report, warehouse
from pipelines.load import Say
from pipelines.settings import PROJECT_DIR
from prefect_flows.refresh import refresh

QUERIES = PROJECT_DIR / "sql" / "queries"
SHOWN = (
    "latest_price",
    "vwap_spread_between_exchanges",
    "completeness",
    "gaps_by_cause",
)

NEXT = """
Where to look next
  .venv/bin/bullion sql                        psql as analyst, on gold
  .venv/bin/bullion list                       every series that is held
  .venv/bin/bullion docs                       the lineage site
  sql/queries/                                 questions and their SQL
  make demo                                    again: newest candles become confirmed
  make live                                    the same job on the exchanges themselves
  .venv/bin/bullion down                       stop the local services; data stays
"""


def demo(out: Console, say: Say) -> None:
    """Refresh everything that is configured and print what an analyst finds in gold.

    Raises:
        BullionError: a venue or a model failed; the rest is loaded and built.
    """
    began = time.monotonic()
    say("running the flow `refresh`: load every configured series, then build")
    refresh()
    with warehouse.connect("analyst", warehouse.process_name("demo")) as connection:
        for name in SHOWN:
            text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
            title = text.splitlines()[0].removeprefix("-- ")
            report.show(report.query(connection, text), title, out, limit=12)
    out.print(NEXT.rstrip())
    say(f"done in {time.monotonic() - began:.0f} s")
