"""A node's client: calls in batches of the size that is borne, tried again.

Retries of requests live here and nowhere else.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import count

from pipelines.config.model import Lack
from pipelines.errors import UpstreamError
from pipelines.sources.evm_node.adaptive_size import AdaptiveSize
from pipelines.sources.evm_node.node_connection import NodeConnection
from pipelines.sources.evm_node.rpc_errors import Meaning, RpcError
from pipelines.sources.evm_node.rpc_request import Attempt, Call, Outcome
from pipelines.upstream.request_log import RequestLog
from pipelines.upstream.retry import wait_after

PAIR = 2  # the smallest batch
FEW = 2  # attempts of what is not needed: ten failures in a row open the circuit
# a smaller request may be borne
REFUSED: frozenset[Meaning] = frozenset({"batch", "too_large"})
TOO_MUCH: frozenset[Meaning] = REFUSED | {"timeout", "broken"}
# another attempt may find another answer
PASSING: frozenset[Meaning] = TOO_MUCH | {"rate", "failed"}
# no other call of the endpoint would fare better
OF_ENDPOINT: frozenset[Meaning] = frozenset({"quota", "unauthorised"})


class NodeClient:
    """Asks one endpoint. Threads may share it.

    Attributes:
        pruned_until: it was seen not to have the blocks below.
        is_of_chain: it was seen to be of its chain.
    """

    def __init__(self, connection: NodeConnection) -> None:
        self.endpoint = connection.endpoint
        self.clock = connection.clock
        self.redacted = connection.redacted
        self.pruned_until = 0
        self.is_of_chain = False
        self._connection = connection
        self._sizes: dict[str, AdaptiveSize] = {}
        self._answered_methods: set[str] = set()
        self._has_answered_batches = False

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    @cached_property
    def lacks(self) -> set[str]:
        """What the endpoint does not have: told by its row, or seen."""
        return {*self.endpoint.choice.lacks, *self._connection.costs.lacks()}

    def learn(self, lack: Lack, reason: str) -> None:
        """The endpoint was seen not to have it."""
        if lack not in self.lacks:
            self.lacks.add(lack)
            self._connection.costs.note_lack(lack, reason)

    def forget(self, lack: Lack) -> None:
        """The endpoint has it, unless its row says otherwise."""
        if lack in self.lacks and lack not in self.endpoint.choice.lacks:
            self.lacks.remove(lack)
            self._connection.costs.forget_lack(lack)

    def avoid(self, lack: Lack) -> None:
        """Do without it while this client lives: another way was answered."""
        self.lacks.add(lack)

    def size(self, method: str) -> int:
        """How many calls of the method a request has now."""
        return self._size_of(method).size

    @property
    def requests_at_once(self) -> int:
        """How many requests may be under way now."""
        return self._connection.slots.size

    @property
    def attempts(self) -> int:
        """How often something is tried now."""
        return self._connection.config.current.thresholds.attempts

    def has_answered(self, method: str) -> bool:
        """Whether a call of the method had a result."""
        return method in self._answered_methods

    def ask(
        self, calls: Sequence[Call], log: RequestLog, *, most: int | None = None
    ) -> list[Outcome]:
        """What the calls, all of one method, come to; an error is one of its call.

        `most`: so many attempts of a request, until the method had a result.
        Errors that may pass are tried again. Requests are appended to `log`.

        Raises:
            UpstreamError: a request failed as a whole in all attempts, or the endpoint
                may not be asked now.
        """
        outcomes: dict[int, Outcome] = {}
        method = calls[0].method if calls else ""
        left = list(range(len(calls)))
        for number in count(1):
            while left_now := [at for at in left if at not in outcomes]:
                part = left_now[: self.size(calls[0].method)]
                few = None if self.has_answered(method) else most
                asked = [calls[at] for at in part]
                found = self._answered(asked, number, few or self.attempts, log)
                outcomes |= zip(part, found, strict=False)  # maybe of the first ones
            left = [at for at in left if _may_pass(outcomes[at])]
            if not left or number >= self.attempts:
                break
            error = outcomes.pop(left[0]).error
            self._ease(calls[0].method, len(left), error)
            outcomes = {at: one for at, one in outcomes.items() if at not in left}
            wait_after(number, self._where(calls, error), self.clock.sleep)
        return [outcomes[at] for at in range(len(calls))]

    def _answered(
        self, calls: Sequence[Call], first: int, most: int, log: RequestLog
    ) -> Sequence[Outcome]:
        """What these calls come to, or the first of them where all were too many."""
        number, is_cut = first, False
        while True:
            attempt = self._connection.send(calls, number, log)
            failure = attempt.failure
            if failure is None:
                self._bore(calls, attempt, is_cut=is_cut)
                self._check(calls, attempt.outcomes)
                return attempt.outcomes
            if failure.meaning not in PASSING | OF_ENDPOINT:
                return [Outcome(error=failure, request_id=attempt.request_id)] * len(
                    calls
                )
            if failure.meaning in REFUSED and len(calls) > 1:
                calls = self._halved(calls, failure)
                continue
            self._connection.report(failure)
            if failure.meaning in OF_ENDPOINT or number >= most:
                raise self._error(calls, failure, number)
            if len(calls) > 1:
                # it may take no batches at all
                is_cut = failure.meaning == "failed" and number >= self._cut_at(most)
                calls = calls[:1] if is_cut else self._smaller(calls, failure)
            wait_after(number, self._where(calls, failure), self.clock.sleep)
            number += 1

    def _cut_at(self, most: int) -> int:
        """After so many attempts one call is asked alone: of a stranger soon."""
        return most - 1 if self._has_answered_batches else min(FEW, most - 1)

    def _bore(self, calls: Sequence[Call], attempt: Attempt, *, is_cut: bool) -> None:
        """A request was answered; one call `is_cut` from a batch that was not."""
        if any(outcome.result is not None for outcome in attempt.outcomes):
            self._answered_methods.add(calls[0].method)
        self._has_answered_batches |= len(calls) > 1
        if is_cut and not self._has_answered_batches:
            self.avoid("batches")
        self._size_of(calls[0].method).answered(len(calls), attempt.bytes_count)

    def _smaller(self, calls: Sequence[Call], failure: RpcError) -> Sequence[Call]:
        """What is asked next, where a smaller request may help."""
        return self._halved(calls, failure) if failure.meaning in TOO_MUCH else calls

    def _halved(self, calls: Sequence[Call], failure: RpcError) -> Sequence[Call]:
        """The first half of a request that was too much; the next ones are as small."""
        size = self._size_of(calls[0].method)
        size.refused(len(calls))
        if failure.meaning == "batch" and len(calls) == PAIR:
            self.learn("batches", failure.message)
        return calls[: size.size]

    def _check(self, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> None:
        """Raise what is of the endpoint, though one call's answer tells it."""
        for outcome in outcomes:
            error = outcome.error
            if error is not None and error.meaning in OF_ENDPOINT:
                self._connection.report(error)
                raise self._error(calls, error, 1)

    def _ease(self, method: str, many: int, error: RpcError | None) -> None:
        """Some calls failed alone, for what a smaller or later request is spared."""
        if error is not None and error.meaning in TOO_MUCH and many > 1:
            self._size_of(method).refused(many)
        if error is not None and error.meaning == "rate":
            self._connection.report(error)

    def _error(
        self, calls: Sequence[Call], failure: RpcError, number: int
    ) -> UpstreamError:
        tried = f" (attempt {number} of {number})" if number > 1 else ""
        return UpstreamError(f"{self._where(calls, failure)}{tried}")

    def _where(self, calls: Sequence[Call], failure: RpcError | None) -> str:
        return f"{calls[0].method} of {self.endpoint.origin}: {failure}"

    def _size_of(self, method: str) -> AdaptiveSize:
        most = 1 if "batches" in self.lacks else self.endpoint.choice.batch_size
        size = self._sizes.setdefault(method, AdaptiveSize(most))
        size.most = most
        return size


def _may_pass(outcome: Outcome) -> bool:
    return outcome.error is not None and outcome.error.meaning in PASSING
