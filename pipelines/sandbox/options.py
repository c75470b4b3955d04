"""What `bullion sandbox serve` takes: each field of `Options` is an option."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pipelines.sandbox.archive.listing import MOST_KEYS
from pipelines.sandbox.chain.spec import ETHEREUM, ChainSpec, chain_specs
from pipelines.sandbox.clock import parse_instant
from pipelines.sandbox.fault_kinds import KINDS


def _argument(flag: str = "", **argument: Any) -> Mapping[str, Any]:
    """What argparse wants of a field; its flag is its name by default."""
    return {"flag": flag, "argument": argument}


_IS_SET = {"action": "store_true"}
_IS_UNSET = {"action": "store_false"}


@dataclass(frozen=True)
class Options:
    """What the server can be told."""

    port: int = field(default=0, metadata=_argument(type=int, help="0: a free one"))
    seed: int = field(
        default=1,
        metadata=_argument(
            type=int, help="of the generated market, chains and faults; 1"
        ),
    )
    recordings: Path | None = field(
        default=None,
        metadata=_argument(
            type=Path,
            metavar="DIR",
            help="serve DIR/<venue>/<BASE>-<QUOTE>_1m.csv.gz (opened_at_ms, open, high,"
            " low, close, base_volume), …_trades.csv.gz (traded_at_ms, trade_id, side,"
            " price, amount) and what else docs/sandbox.md lists, and no generated"
            " market; --seed then serves chains and faults alone",
        ),
    )
    now: str | None = field(
        default=None, metadata=_argument(metavar="ISO", help="where the clock starts")
    )
    frozen: bool = field(
        default=False, metadata=_argument(help="the clock stands still", **_IS_SET)
    )
    full_history: bool = field(
        default=False,
        metadata=_argument(
            help="with --recordings: Kraken sends candles of all times, not the newest"
            " 720, where no trades are recorded; refused without",
            **_IS_SET,
        ),
    )
    rate_limit: bool = field(
        default=True,
        metadata=_argument(
            "--no-rate-limit", help="no venue answers 429 or 418", **_IS_UNSET
        ),
    )
    keep_state: bool = field(
        default=True,
        metadata=_argument(
            "--no-state-file",
            help="`bullion sandbox clock` and `urls` do not find it by themselves",
            **_IS_UNSET,
        ),
    )
    faults: Sequence[str] = field(
        default=(),
        metadata=_argument(
            "--fault",
            action="append",
            metavar="KIND[:VARIANT]=PROBABILITY[@PATH]",
            help="; ".join(f"{kind}: {what}" for kind, what in KINDS.items()),
        ),
    )
    archive_microseconds_from: str | None = field(
        default=None,
        metadata=_argument(
            metavar="ISO",
            help="spot files of the archive stamp in microseconds from here on",
        ),
    )
    archive_headers_from: str | None = field(
        default=None,
        metadata=_argument(
            metavar="ISO",
            help="futures files of the archive have a header from here on",
        ),
    )
    archive_page_keys: int = field(
        default=MOST_KEYS,
        metadata=_argument(
            type=int,
            metavar="N",
            help="the most keys that a page of the archive's listing holds",
        ),
    )
    chains: Sequence[str] = field(
        default=(),
        metadata=_argument(
            "--chain",
            action="append",
            metavar="NAME=ID[/SECONDS]",
            help="one more chain beside ethereum, and the seconds of its blocks",
        ),
    )
    chain_blocks: int = field(
        default=ETHEREUM.blocks_behind,
        metadata=_argument(
            type=int, metavar="N", help="how many blocks each chain has at the start"
        ),
    )
    chain_since: str | None = field(
        default=None,
        metadata=_argument(
            metavar="ISO",
            help="the start of an earlier sandbox, whose chains go on; its own",
        ),
    )
    chain_transactions: int = field(
        default=ETHEREUM.transactions_per_block,
        metadata=_argument(type=int, metavar="N", help="of a block, on average"),
    )
    chain_kept_blocks: int = field(
        default=ETHEREUM.kept_blocks,
        metadata=_argument(
            type=int, metavar="N", help="how many blocks of a chain memory holds"
        ),
    )
    chain_forgets: bool = field(
        default=False,
        metadata=_argument(help="blocks of old branches are gone", **_IS_SET),
    )
    chain_forks: Sequence[str] = field(
        default=(),
        metadata=_argument(
            "--chain-fork",
            action="append",
            metavar="NAME@NUMBER=DEPTH[/LENGTH]",
            help="at that block number the newest blocks give way to others",
        ),
    )

    @property
    def simulation(self) -> str:
        """What tells its market from that of another sandbox."""
        if self.recordings is not None:
            return f"the recordings in {self.recordings.resolve().name}"
        return f"the simulation of seed {self.seed}"

    def chain_specs(self) -> list[ChainSpec]:
        """The chains that they ask for.

        Raises:
            SetupError: a chain or a fork can not be read, or not be.
        """
        usual = replace(
            ETHEREUM,
            blocks_behind=self.chain_blocks,
            since_ms=parse_instant(self.chain_since) if self.chain_since else None,
            transactions_per_block=self.chain_transactions,
            kept_blocks=self.chain_kept_blocks,
            forgets=self.chain_forgets,
        )
        return chain_specs(self.chains, self.chain_forks, usual)

    def arguments(self) -> Iterator[str]:
        """The command line that says the same."""
        for one in fields(self):
            value, flag = getattr(self, one.name), _flag(one)
            if value == one.default:
                continue
            if isinstance(value, bool):
                yield flag
            elif one.default == ():
                yield from (f"{flag}={item}" for item in value)
            else:
                yield f"{flag}={value}"


def described() -> Iterator[tuple[str, str]]:
    """Each option as it is written, and what it does."""
    for one in fields(Options):
        argument = one.metadata["argument"]
        value = argument.get("metavar", "" if "action" in argument else "N")
        yield f"{_flag(one)} {value}".strip(), argument["help"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an argument for each field of `Options`."""
    for one in fields(Options):
        default = [] if one.default == () else one.default
        argument = one.metadata["argument"]
        parser.add_argument(_flag(one), dest=one.name, default=default, **argument)


def _flag(one: "Field[Any]") -> str:
    return one.metadata["flag"] or f"--{one.name.replace('_', '-')}"
