"""`bullion score`: a file's texts, scored as those of the warehouse are."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

EPILOG = "Example: `bullion score comments.csv > scores.csv`"


def score(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="With a column `text`, HTML or plain; where it has them, `author` and"
            " `created_at` tell near duplicates and bursts.",
        ),
    ],
) -> None:
    """Score each text of a CSV file; CSV to standard output, a row a text, in order.

    `compound_vader` is VADER's own, `compound_crypto` the same with words of crypto;
    both as if a text were English. `label` is by `compound_crypto`, and empty where the
    language has no scorer.
    No warehouse is needed.
    """
    from pipelines.enrichment.csv_scores import COLUMNS, scores_of, texts_of

    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    rows = list(scores_of(texts_of(file)))
    writer.writeheader()
    writer.writerows(rows)
