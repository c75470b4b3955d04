"""Nothing that this project runs reports home: the switches of libraries that would.

They are set before those libraries are imported, and children inherit them.
"""

from collections.abc import Mapping

OFF: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",  # Prefect's client, dbt
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
