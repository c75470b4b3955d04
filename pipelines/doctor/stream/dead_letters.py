"""Dead letters: messages that were refused and wait for a person."""

from pipelines.doctor.check import FailedCheckError
from pipelines.doctor.stream import sight
from pipelines.sources.config_changes.dead_letters import newest

RETRY = "mend what it says, then: bullion config dead-letters --retry"


def dead_letters() -> str:
    """How many wait.

    Raises:
        FailedCheckError: some do; with the newest one's reason.
    """
    with sight.warehouse() as connection:
        found = newest(connection)
    if found is None:
        return "none"
    count, told = found
    raise FailedCheckError(
        f"{count} {'waits' if count == 1 else 'wait'}, the newest {told}; what they "
        "told is not in the history",
        RETRY,
    )
