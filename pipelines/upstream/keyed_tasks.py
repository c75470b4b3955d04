"""The keys of a source as tasks, each of which fails, and is stopped, by itself."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from pipelines.errors import BullionError, EndedError
from pipelines.upstream.feed import Key
from pipelines.upstream.progress import NO_PROGRESS, Progress
from pipelines.upstream.running_tasks import RunningTasks


class KeyedTasks:
    """What a source of keys is built on.

    A key that fails leaves its error in `failures`; the others go on. One that is not
    to go on ends after its page, as does each when `tasks` are ending: no failure, but
    one of `ended`. `answered` is called with the key of each page.

    Attributes:
        failures: what went wrong.
        doubts: what was loaded and may be wrong; it is no failure.
        failed: the failures by key.
        ended: the keys that did not go on to their end.
    """

    def __init__(
        self,
        tasks: RunningTasks | None = None,
        answered: Callable[[Key], None] = lambda _: None,
        progress: Progress = NO_PROGRESS,
    ) -> None:
        self.failures: list[Exception] = []
        self.doubts: list[str] = []
        self.failed: dict[Key, Exception] = {}
        self.ended: list[Key] = []
        self._tasks = tasks or RunningTasks()
        self._answered = answered
        self._progress = progress

    def _keys(self) -> Collection[Key]:
        """Of what is asked for."""
        raise NotImplementedError

    def _goes_on(self, key: Key) -> bool:
        """Whether it is still to be asked for."""
        raise NotImplementedError

    def whole(self) -> list[Key]:
        """The keys that went on to their end, once all have ended."""
        return [k for k in self._keys() if k not in self.failed and k not in self.ended]

    @contextmanager
    def _running(self, keys: Sequence[Key]) -> Iterator[None]:
        """Count them as running; what goes wrong upstream is kept, and ends them."""
        with ExitStack() as running:
            for key in keys:
                running.enter_context(self._tasks.one(key))
            try:
                yield
            except EndedError:
                self.ended.extend(keys)
            except BullionError as error:
                self._fail(keys, error)

    def _fail(self, keys: Sequence[Key], error: Exception) -> None:
        self.failed |= dict.fromkeys(keys, error)
        if error not in self.failures:
            self.failures.append(error)

    def _check(self, keys: Sequence[Key]) -> None:
        """Raises EndedError where none of these is to go on."""
        if self._tasks.ending.is_set():
            raise EndedError(f"{keys[0]}: stopped")
        if not any(map(self._goes_on, keys)):
            raise EndedError(f"{keys[0]}: not collected any more")

    def _paged(self, keys: Sequence[Key]) -> Progress:
        """The progress of these keys: after each page it checks whether they go on."""

        def paged() -> None:
            for key in keys:
                self._answered(key)
            self._check(keys)

        return _Paged(self._progress, paged)


@dataclass(frozen=True)
class _Paged:
    progress: Progress
    paged: Callable[[], None]

    def planned(self, minutes: int) -> None:
        self.progress.planned(minutes)

    def answered(self, minutes: int, rows: int) -> None:
        """Raises EndedError where the page was the last one."""
        self.progress.answered(minutes, rows)
        self.paged()
