"""What a node's or a provider's error means, by its code, its text, its HTTP status.

The first rule of the table that fits counts; each has the place where it is told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Meaning = Literal[
    "quota",  # of the day or the month: spent
    "rate",  # too fast
    "batch",  # too many calls in one request
    "too_large",  # the answer, or the request
    "timeout",  # it took the node too long
    "broken",  # no whole answer came
    "too_many_results",
    "range",  # too many blocks
    "method_absent",
    "pruned",
    "reorganised",  # the block is not of the chain any more
    "reverted",  # the contract refused the call: an answer
    "not_yet",
    "parameters",
    "unauthorised",
    "failed",  # anything else: another attempt may help
]

GETH = "https://github.com/ethereum/go-ethereum/blob/master/rpc/errors.go"
INFURA = "https://docs.metamask.io/services/how-to/avoid-rate-limiting"
ALCHEMY = "https://www.alchemy.com/docs/reference/error-reference"
QUICKNODE = "https://www.quicknode.com/docs/ethereum/error-references"
ERIGON = "https://github.com/erigontech/erigon/blob/main/rpc/handler.go"
ANKR = "https://www.ankr.com/docs/rpc-service/service-plans"
JSON_RPC = "https://www.jsonrpc.org/specification#error_object"
HTTP = "https://www.rfc-editor.org/rfc/rfc9110#section-15"
EIP_1474 = "https://eips.ethereum.org/EIPS/eip-1474"
EIP_1898 = "https://eips.ethereum.org/EIPS/eip-1898"
REVERTED = (
    "https://github.com/ethereum/go-ethereum/blob/master/internal/ethapi/errors.go"
)
VM = "https://github.com/ethereum/go-ethereum/blob/master/core/vm/errors.go"
HISTORY = "https://github.com/ethereum/execution-apis/pull/650"


@dataclass(frozen=True)
class Rule:
    """What fits one of the codes, a status or a text; of those that it names, all.

    Attributes:
        source: where the upstream says so.
    """

    meaning: Meaning
    source: str
    codes: frozenset[int] = frozenset()
    statuses: frozenset[int] = frozenset()
    text: str = ""

    def fits(self, code: int | None, message: str, status: int | None) -> bool:
        """Whether the error is of this kind."""
        return (
            (not self.codes or code in self.codes)
            and (not self.statuses or status in self.statuses)
            and re.search(self.text, message, re.IGNORECASE) is not None
        )


def _codes(*codes: int) -> frozenset[int]:
    return frozenset(codes)


RULES: Sequence[Rule] = (
    # first: a contract chooses what stands behind these words
    Rule("reverted", REVERTED, codes=_codes(3, -32_015)),
    Rule(
        "reverted",
        VM,
        text=r"^(execution reverted|out of gas|invalid (opcode|jump destination)|stack"
        r" (underflow|limit)|write protection|return data out of|gas uint64 overflow)",
    ),
    Rule("quota", INFURA, codes=_codes(402, -33_000)),
    Rule("quota", INFURA, statuses=_codes(402)),
    Rule("quota", INFURA, text=r"daily (credit|request)"),
    Rule("quota", ALCHEMY, text=r"monthly capacity limit|monthly .*(limit|quota)"),
    Rule("too_many_results", INFURA, _codes(-32_005), text=r"more than \d+ results"),
    Rule("too_many_results", ALCHEMY, _codes(-32_602), text="response size exceeded"),
    Rule("range", QUICKNODE, _codes(-32_614)),
    Rule("range", QUICKNODE, text=r"limited to a [\d,]+ (blocks? )?range"),
    Rule("range", ANKR, _codes(-32_600), text="block range is too wide"),
    Rule("range", ALCHEMY, text=r"block range|range is too (large|wide)"),
    Rule("batch", GETH, _codes(-32_600), text="batch too large"),
    Rule("batch", ERIGON, _codes(-32_000), text=r"batch limit \d+ exceeded"),
    Rule("batch", ALCHEMY, text=r"batch.*(size|limit|large|many|support|allow)"),
    Rule("too_large", GETH, _codes(-32_003), text="response too large"),
    Rule("too_large", HTTP, statuses=_codes(413)),
    Rule("timeout", GETH, _codes(-32_002), text="timed? ?out"),
    Rule("rate", ALCHEMY, codes=_codes(429)),
    Rule("rate", HTTP, statuses=_codes(429)),
    Rule("rate", INFURA, _codes(-32_005), text="rate"),
    Rule("rate", QUICKNODE, _codes(-32_007)),
    Rule("rate", QUICKNODE, text=r"credits limited to|request limit reached"),
    Rule("rate", ALCHEMY, text="units per second|too many requests|rate.?limit"),
    Rule("method_absent", JSON_RPC, _codes(-32_601)),
    Rule("method_absent", EIP_1474, _codes(-32_004)),
    Rule(
        "method_absent",
        ALCHEMY,
        text=r"method .*(not found|not supported|does not exist|not available)",
    ),
    Rule("pruned", HISTORY, _codes(4_444)),
    Rule("pruned", GETH, text="pruned|missing trie node|history (is )?unavailable"),
    Rule("reorganised", EIP_1898, text=r"not (currently )?canonical|non-canonical"),
    Rule("not_yet", EIP_1898, text=r"(header|block|receipts?) not found|unknown block"),
    Rule("not_yet", EIP_1474, _codes(-32_001)),
    Rule("unauthorised", HTTP, statuses=_codes(401, 403)),
    Rule("parameters", JSON_RPC, _codes(-32_602)),
)


def meaning_of(code: int | None, message: str, status: int | None = None) -> Meaning:
    """What the error means."""
    fitting = (rule for rule in RULES if rule.fits(code, message, status))
    rule = next(fitting, None)
    return rule.meaning if rule else "failed"


@dataclass(frozen=True)
class RpcError:
    """An error in place of a result; its text has nothing of an address.

    Attributes:
        retry_after_s: the pause that the answer asked for.
    """

    meaning: Meaning
    code: int | None
    message: str
    retry_after_s: float | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


def rpc_error(
    said: object, redacted: Callable[[str], str], status: int | None = None
) -> RpcError:
    """The error that stands in an answer, whatever a provider put there."""
    fields = said if isinstance(said, dict) else {"message": said}
    code = fields.get("code")
    code = code if isinstance(code, int) and not isinstance(code, bool) else None
    told = [fields.get("message"), fields.get("details")]
    message = redacted("; ".join(str(text) for text in told if text) or "no message")
    return RpcError(meaning_of(code, message, status), code, message[:300])
