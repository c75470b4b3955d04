"""Changes that wait: for the answers of their keys, or for a first row."""

from dataclasses import dataclass, field

from pipelines.config.status import ChangeStatus
from pipelines.upstream.feed import Key


@dataclass
class Pending:
    """A change that waits for answers, of its keys or (a pattern's) any of them."""

    change: ChangeStatus
    keys: frozenset[Key]
    generation: int
    is_pattern: bool
    answered: set[Key] = field(default_factory=set)

    @property
    def is_done(self) -> bool:
        """Whether it is carried out."""
        if self.is_pattern:
            return bool(self.answered)
        return self.answered >= self.keys


@dataclass
class Rowless:
    """A change that was applied and has no row yet; `load_ids` None: any load's."""

    change: ChangeStatus
    keys: frozenset[Key]
    generation: int
    load_ids: list[str] | None
