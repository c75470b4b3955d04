"""Flows: what runs after what. They hold no business logic."""

from pipelines import telemetry
from pipelines.settings import export

export(telemetry.OFF)  # a worker imports this package first, before Prefect or dbt
