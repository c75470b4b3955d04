"""Bronze tables as data: columns and indexes. It imports neither dlt nor polars."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # dlt takes a second to import
    from dlt.common.schema.typing import TColumnSchema

DataType = Literal["text", "bigint", "decimal", "bool", "timestamp", "bytes"]


@dataclass(frozen=True)
class Column:
    """A column of a bronze table: `decimal` is `numeric(38, 18)`, `bytes` `bytea`."""

    name: str
    data_type: DataType
    nullable: bool = False

    def as_dlt(self) -> "TColumnSchema":
        """The column as dlt's schema spells it."""
        column: TColumnSchema = {
            "name": self.name,
            "data_type": "binary" if self.data_type == "bytes" else self.data_type,
            "nullable": self.nullable,
        }
        if self.data_type == "decimal":
            column |= {"precision": 38, "scale": 18}
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
