"""The errors of JSON-RPC: a node's own, and its providers' in their dialects.

geth's codes: https://github.com/ethereum/go-ethereum/blob/master/rpc/errors.go
"""

from typing import Any

from pipelines.sandbox.faults import Fault

PARSE, INVALID, ABSENT, PARAMETERS, INTERNAL = -32700, -32600, -32601, -32602, -32603
SERVER = -32000


class RpcError(Exception):
    """An error in place of a result; `status` counts where the call is alone."""

    def __init__(
        self, code: int, message: str, status: int = 200, **more: object
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message, status, more

    def shape(self, key: str) -> dict[str, Any]:  # noqa: ARG002
        """What stands under `error`."""
        return {"code": self.code, "message": self.message, **self.more}


class ProviderError(RpcError):
    """One that a provider writes, who repeats the key that it was asked with."""

    def shape(self, key: str) -> dict[str, Any]:
        """What stands under `error`."""
        said = super().shape(key)
        return {**said, "message": f"{self.message} ({key})"} if key else said


# https://docs.metamask.io/services/how-to/avoid-rate-limiting (402, event -33000)
# https://www.alchemy.com/docs/reference/throughput (429)
# https://www.quicknode.com/docs/ethereum/error-references (429, 413)
_TOO_FAST = (
    "Your app has exceeded its compute units per second capacity. If you have retries "
    "enabled, you can safely ignore this message. If not, check out "
    "https://docs.alchemy.com/reference/throughput"
)
_SPENT = (
    "You have reached your daily credit limit. To continue making requests, upgrade "
    "your plan or purchase additional credits"
)
_MONTH = (
    "Monthly capacity limit exceeded. Visit https://dashboard.alchemy.com/settings/"
    "billing to upgrade your scaling policy for continued service."
)
_FAST = (
    "50/second request limit reached - reduce calls per second or upgrade your account "
    "at quicknode.com"
)
_LARGE = (
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K "
    "block range and no limit on the response size, or you can request any block range "
    "with a cap of 10K logs in the response. Based on your parameters and the response "
    "size limit, this block range should work: "
)
# code, message, HTTP status
_SAID: dict[tuple[str, str], tuple[int, str, int]] = {
    ("call_failed", "internal"): (INTERNAL, "Internal error", 200),
    ("call_failed", "header"): (SERVER, "header not found", 200),
    # https://github.com/ethereum/execution-apis/pull/650
    ("call_failed", "pruned"): (4444, "pruned history unavailable", 200),
    ("call_limited", "alchemy"): (429, _TOO_FAST, 429),
    ("call_limited", "infura"): (-32005, "project ID request rate exceeded", 429),
    ("call_limited", "quicknode"): (-32007, _FAST, 429),
    ("quota_spent", "alchemy"): (429, _MONTH, 429),
    ("quota_spent", "code"): (-33000, "Payment Required", 200),
    ("too_many", ""): (429, _TOO_FAST, 429),
    ("too_many", "bare"): (429, _TOO_FAST, 429),
    ("method_absent", "hash"): (
        PARAMETERS,
        "invalid argument 0: hex number > 64 bits",
        200,
    ),
}


def refusal(fault: Fault, method: str = "") -> RpcError:
    """The error that a fault puts in the place of a result."""
    if (fault.kind, fault.form) == ("method_absent", ""):
        return ProviderError(ABSENT, absent(method).message)
    if (fault.kind, fault.form) == ("quota_spent", "infura"):
        return ProviderError(402, "Payment Required", 402, event=-33000, details=_SPENT)
    return ProviderError(*_SAID[fault.kind, fault.form])


def absent(method: str) -> RpcError:
    """A method that a node does not have."""
    return RpcError(ABSENT, f"the method {method} does not exist/is not available")


def logs_refusal(fault: Fault, first: int, last: int) -> RpcError:
    """What a provider says of too many logs or blocks, with the range that would do."""
    half = f"[{hex(first)}, {hex((first + last) // 2)}]"
    most = fault.most or 10_000
    more = f"query returned more than {most} results. Try with this block range {half}."
    said = {
        "infura": (-32005, more, 200),
        "alchemy": (PARAMETERS, f"{_LARGE}{half}", 200),
        "quicknode": (-32614, f"eth_getLogs is limited to a {most:,} range", 413),
        "ankr": (INVALID, "block range is too wide", 200),
        "large": (INTERNAL, "requested block range is too large", 200),
    }
    return ProviderError(*said[fault.form])


def batch_refusal(fault: Fault, calls: int) -> RpcError:
    """What a node says of a batch of too many calls."""
    if fault.form == "erigon":
        said = f"batch limit {fault.most} exceeded: {calls} requests given"
        return ProviderError(SERVER, said)
    return ProviderError(INVALID, "batch too large")
