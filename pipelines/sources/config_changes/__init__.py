"""Changes of the config tables, as Debezium streams them through Kafka.

Tables: `bronze_config.<table>` (a change of a row of a config table), `pages` (a span
of a partition's offsets that one batch speaks for), `quarantine` (a message that was
refused), `mended` (a message of the quarantine that was taken in at a later try).
Upstream: https://debezium.io/documentation/reference/stable/connectors/postgresql.html
"""
