"""The chain of options on what was chosen: the venue's names of them, and ours."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pipelines.bronze.delivery import Rows
from pipelines.sources.exchange.instruments import Listing
from pipelines.sources.exchange.series import Series


@dataclass
class Chain:
    """The options on the pairs of the `chosen`, as they are listed.

    Attributes:
        listing: one that lacks an option of an answer is fetched anew: new ones are
            listed each day.
        rows: what that brought for bronze.
    """

    chosen: Sequence[Series]
    listing: Listing
    fetch: Callable[[], Listing]
    rows: tuple[Rows, ...] = ()

    def symbols(self, names: Collection[str]) -> Mapping[str, str]:
        """The symbols by the venue's names, of which an answer has these.

        Raises:
            UpstreamError: a listing was wanted, and the venue did not answer.
        """
        if not {*names} <= {*self.listing.venue_symbols.values()}:
            self.listing = self.fetch()
            self.rows = self.listing.rows
        pairs = {_pair(one.symbol) for one in self.chosen}
        listed = self.listing.venue_symbols.items()
        return {name: symbol for symbol, name in listed if _pair(symbol) in pairs}


def _pair(symbol: str) -> str:
    """What an option has in common with the contract on its pair: `BTC/USD:BTC`."""
    return symbol.partition("-")[0]
