"""The source of configuration changes, declared; a stream has no feed to ask for."""

from pipelines.sources.config_changes.tables import TABLES
from pipelines.upstream.source_spec import SourceSpec

SPECS = [SourceSpec("config_changes", TABLES, schema="bronze_config")]
