"""The simulated chains, behind their endpoints' addresses and the control door."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.errors import SetupError
from pipelines.sandbox.answers import Answer
from pipelines.sandbox.chain.encoding import text
from pipelines.sandbox.chain.endpoint import Endpoint
from pipelines.sandbox.chain.history import Chain
from pipelines.sandbox.chain.reorganising import Fork
from pipelines.sandbox.chain.spec import ChainSpec
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.faults import Fault, Faults

_USUAL_ENDPOINT = "main"


class Chains:
    """Every chain by its name."""

    def __init__(
        self,
        specs: Sequence[ChainSpec],
        seed: int,
        clock: Clock,
        faults: Faults,
        counts: Counter[tuple[str, str, int]],
    ) -> None:
        self._chains = {spec.name: Chain(spec, seed, clock) for spec in specs}
        self._faults, self._counts = faults, counts
        self._turns: Counter[str] = Counter()

    def answer(self, path: str, body: bytes) -> tuple[Answer, Sequence[Fault]]:
        """The answer to a POST to `<chain>/<endpoint>/<key>`, and what spoils it."""
        name, _, rest = path.partition("/")
        endpoint, _, key = rest.partition("/")
        chain = self._chains.get(name)
        if chain is None:
            return Answer(404), ()
        at = Endpoint(
            chain,
            endpoint or _USUAL_ENDPOINT,
            key,
            self._faults,
            self._counts,
            self._turns,
        )
        return at.answer(body)

    def plan(self, body: Mapping[str, Any]) -> None:
        """Reorganises a chain, now or later (the fields of `Fork`).

        Raises:
            SetupError: a field is unknown or wrong, or the chain is not that deep.
        """
        try:
            fork = Fork(**body)
        except TypeError as error:
            raise SetupError(f"not a fork: {error}") from None
        if fork.chain not in self._chains:
            raise SetupError(f"no chain is called {fork.chain!r}")
        self._chains[fork.chain].plan(fork)

    def forks(self) -> list[dict[str, object]]:
        """The reorganisations that happened, with the hashes of both branches."""
        return [fork for chain in self._chains.values() for fork in chain.forks]

    def listed(self) -> list[dict[str, object]]:
        """Each chain, with its head and what is final of it."""
        return [self._listed(chain) for chain in self._chains.values()]

    def _listed(self, chain: Chain) -> dict[str, object]:
        with chain.lock:
            head, (safe, final) = chain.head(), chain.finality()
            link = chain.numbered(head)
        return {
            "chain": chain.spec.name,
            "chain_id": chain.spec.chain_id,
            "head": head,
            "hash": text(link.hash) if link else None,
            "safe": safe,
            "finalized": final,
        }
