"""Bronze tables as data: columns and indexes. It imports neither dlt nor polars."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # dlt takes a second to import
    from dlt.common.schema.typing import TColumnSchema

DataType = Literal["text", "bigint", "decimal", "rate", "bool", "timestamp", "bytes"]

# digits in all, and after the point: venues send rates with more of the latter than
# amounts, as 2.3271331254e-19; with more than 38 in all clients would not read them
NUMERICS = {"decimal": (38, 18), "rate": (38, 36)}


@dataclass(frozen=True)
class Column:
    """A column of a bronze table: `bytes` is `bytea`, `NUMERICS` are `numeric`."""

    name: str
    data_type: DataType
    nullable: bool = False

    def as_dlt(self) -> "TColumnSchema":
        """The column as dlt's schema spells it."""
        kind = self.data_type
        column: TColumnSchema = {
            "name": self.name,
            "data_type": "binary"
            if kind == "bytes"
            else "decimal"
            if kind == "rate"
            else kind,
            "nullable": self.nullable,
        }
        if kind in NUMERICS:
            column["precision"], column["scale"] = NUMERICS[kind]
        return column


def columns(
    data_type: DataType, *names: str, nullable: bool = False
) -> tuple[Column, ...]:
    """Columns of one type, in this order."""
    return tuple(Column(name, data_type, nullable) for name in names)


DELIVERY_COLUMNS = (
    *columns("text", "_dlt_load_id", "delivery_file"),
    Column("delivery_row", "bigint"),
)


@dataclass(frozen=True)
class Table:
    """A bronze table.

    Attributes:
        indexes: column lists beside the one on the load id.
        part: the column that parts it for its readers: each delivery file is of one
            part, and wakes only the models that read this part.
    """

    name: str
    columns: tuple[Column, ...]
    indexes: tuple[tuple[str, ...], ...] = ()
    part: str | None = None
