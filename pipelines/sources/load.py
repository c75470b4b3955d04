"""The load of any source: it makes the tables of all, since silver reads them all."""

from functools import partial

from pipelines.bronze.load import load as load_declared
from pipelines.sources import declared

load = partial(load_declared, declared)
