"""A chain's endpoint: JSON-RPC over HTTP, batches included, and what may go wrong.

`/evm/<chain>/<endpoint>/<key>`: every endpoint of a chain shows the same chain and has
faults of its own; what follows its name is a provider's key, which its errors repeat.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipelines.sandbox.answers import Answer
from pipelines.sandbox.chain.history import Chain
from pipelines.sandbox.chain.methods import METHODS
from pipelines.sandbox.chain.parameters import is_hash
from pipelines.sandbox.chain.refusals import (
    INVALID,
    PARAMETERS,
    PARSE,
    RpcError,
    absent,
    batch_refusal,
    refusal,
)
from pipelines.sandbox.chain.view import View
from pipelines.sandbox.fault_kinds import CALL_KINDS, NODE_KINDS
from pipelines.sandbox.faults import Fault, Faults

REALM = "evm"
_BEFORE_CALL = tuple(kind for kind in CALL_KINDS if kind != "range_limit")
_REFUSING = ("too_many", "quota_spent")
Request = dict[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """One address of a chain; `counts` holds its calls by method and status."""

    chain: Chain
    name: str
    key: str
    faults: Faults
    counts: Counter[tuple[str, str, int]]
    turns: Counter[str]

    @property
    def upstream(self) -> str:
        """What faults and counts call it."""
        return f"{REALM}/{self.chain.spec.name}/{self.name}"

    @property
    def _path(self) -> str:
        return f"/{self.chain.spec.name}/{self.name}"

    def answer(self, body: bytes) -> tuple[Answer, Sequence[Fault]]:
        """The answer to a POST, and the faults that may spoil how it is sent."""
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError:
            return _error(RpcError(PARSE, "parse error")), ()
        calls = said if isinstance(said, list) else [said]
        methods = {str(one.get("method")) for one in calls if isinstance(one, dict)}
        faults = self.faults.of(
            self.upstream,
            f"{self._path}/{'+'.join(sorted(methods))}",
            NODE_KINDS,
            is_due=lambda fault: not fault.most or len(calls) > fault.most,
        )
        refused = self._refused(faults, calls, is_batch=isinstance(said, list))
        if refused is not None:
            return refused, faults
        with self.chain.lock:
            behind = self._behind(faults)
            answers = [self._answered(one, behind) for one in calls]
        if isinstance(said, list):
            return _sent([shape for shape, _ in answers]), faults
        return _sent(*answers[0]), faults

    def _refused(
        self, faults: Sequence[Fault], calls: list[Any], *, is_batch: bool
    ) -> Answer | None:
        """The whole request's refusal, if there is one."""
        first = next((one.get("id") for one in calls if isinstance(one, dict)), None)
        if is_batch and not calls:
            return _error(RpcError(INVALID, "empty batch"))
        for fault in faults:
            if fault.kind == "too_large":
                page = f"<html><body><h1>413</h1>{self.key}</body></html>"
                return Answer(413, page.encode(), headers={"Content-Type": "text/html"})
            if fault.kind in _REFUSING:
                return _error(refusal(fault), first, self.key)
            if fault.kind == "batch_limit" and is_batch:
                error = batch_refusal(fault, len(calls))
                if fault.form == "erigon":
                    return _error(error, None, self.key)
                return _sent([_shape(first, error, self.key)])
        return None

    def _behind(self, faults: Sequence[Fault]) -> int:
        """How many blocks the node is behind that this request meets."""
        behind = [one.blocks for one in faults if one.kind == "behind"]
        balanced = [one.blocks for one in faults if one.kind == "balanced"]
        if balanced:
            self.turns[self.upstream] += 1
            behind += balanced if self.turns[self.upstream] % 2 == 0 else []
        return max(behind, default=0)

    def _answered(self, call: Any, behind: int) -> tuple[Request, int]:
        """One call's answer, and its status where it is alone."""
        method = call.get("method") if isinstance(call, dict) else None
        if not isinstance(method, str):
            return _shape(None, RpcError(INVALID, "invalid request")), 200
        parameters = call.get("params") or []
        try:
            if not isinstance(parameters, list):
                raise RpcError(PARAMETERS, "non-array args")  # noqa: TRY301
            result = self._result(method, parameters, behind)
        except RpcError as error:
            self.counts[self.upstream, method, error.code] += 1
            return _shape(call.get("id"), error, self.key), error.status
        self.counts[self.upstream, method, 200] += 1
        self.chain.answered(method)
        return {"jsonrpc": "2.0", "id": call.get("id"), "result": result}, 200

    def _result(self, method: str, parameters: list[Any], behind: int) -> Any:
        def faults_of(
            kinds: Sequence[str],
            *,
            number: int | None = None,
            key: str = "",
            is_due: Callable[[Fault], bool] = lambda _: True,
        ) -> Sequence[Fault]:
            place = "" if number is None else f"/{number}"
            path = f"{self._path}{place}/{method}"
            return self.faults.of(self.upstream, path, kinds, key=key, is_due=is_due)

        def is_due(fault: Fault) -> bool:
            if (fault.kind, fault.form) != ("method_absent", "hash"):
                return True
            return any(map(is_hash, parameters))

        for fault in faults_of(_BEFORE_CALL, is_due=is_due):
            raise refusal(fault, method)
        run = METHODS.get(method)
        if run is None:
            raise absent(method)
        return run(View(self.chain, behind, faults_of), parameters)


def _shape(call_id: object, error: RpcError, key: str = "") -> Request:
    return {"jsonrpc": "2.0", "id": call_id, "error": error.shape(key)}


def _error(error: RpcError, call_id: object = None, key: str = "") -> Answer:
    return _sent(_shape(call_id, error, key), error.status)


def _sent(payload: object, status: int = 200) -> Answer:
    return Answer(status, orjson.dumps(payload))
