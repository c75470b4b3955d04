"""What is simulated: which chains, how fast and how full, and how they reorganise."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.errors import SetupError
from pipelines.sandbox.chain.reorganising import Fork

_CHAIN = re.compile(r"([a-z][a-z0-9_]*)=(\d+)(?:/(\d+))?")
_FORK = re.compile(r"([a-z][a-z0-9_]*)@(\d+)=(\d+)(?:/(\d+))?")


@dataclass(frozen=True)
class ChainSpec:
    """One chain; `kept_blocks` bounds the memory for blocks that can be made again.

    `since_ms`: the start of the sandbox that it is the same chain as; None: this one.
    """

    name: str
    chain_id: int
    block_s: int = 12
    transactions_per_block: int = 12
    blocks_behind: int = 300
    since_ms: int | None = None
    kept_blocks: int = 256
    forgets: bool = False
    forks: tuple[Fork, ...] = ()

    def __post_init__(self) -> None:
        if min(self.chain_id, self.block_s, self.blocks_behind, self.kept_blocks) < 1:
            raise SetupError(
                f"chain {self.name}: its id, its seconds a block, the blocks behind "
                "the start and those kept are 1 or more"
            )
        if self.transactions_per_block < 0:
            raise SetupError(f"chain {self.name}: less than no transactions a block")
        for fork in self.forks:
            if fork.blocks > fork.depth * self.block_s:
                raise SetupError(
                    f"chain {self.name}: {fork.blocks} blocks do not fit into the "
                    f"time of {fork.depth}"
                )


ETHEREUM = ChainSpec("ethereum", chain_id=1)


def chain_specs(
    chains: Sequence[str], forks: Sequence[str], usual: ChainSpec = ETHEREUM
) -> list[ChainSpec]:
    """Ethereum and the chains of the flags, in all else as the usual one.

    Raises:
        SetupError: a flag has another form, or a fork is of no chain.
    """
    specs = {usual.name: usual}
    for text in chains:
        form = _CHAIN.fullmatch(text)
        if form is None:
            raise SetupError(f"expected a chain such as polygon=137/2, got {text!r}")
        block_s = int(form[3] or usual.block_s)
        specs[form[1]] = replace(
            usual, name=form[1], chain_id=int(form[2]), block_s=block_s
        )
    for text in forks:
        fork = _parse_fork(text)
        if fork.chain not in specs:
            raise SetupError(f"no chain is called {fork.chain!r}")
        spec = specs[fork.chain]
        specs[fork.chain] = replace(spec, forks=(*spec.forks, fork))
    return list(specs.values())


def _parse_fork(text: str) -> Fork:
    form = _FORK.fullmatch(text)
    if form is None:
        raise SetupError(f"expected a fork such as ethereum@120=3/2, got {text!r}")
    chain, at, depth, length = form.groups()
    blocks = int(length) if length else None
    return Fork(int(depth), blocks, chain=chain, at=int(at))
