"""What a column is, in words: its own from YAML, or those of its name.

A column that its YAML does not describe has the words of the doc block `TABLE__COLUMN`,
else of the block `COLUMN`: what a name means is written once, whether bronze, silver or
gold has it. `TABLE` is a relation's name or its part after the source's, so that
`requests__status` is of every source's requests and of `stg_evm__requests`.
`COLUMN_before`, of a config table's change, is COLUMN before it.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, LiteralString, Self

from psycopg import sql

from pipelines import warehouse

BEFORE = "_before"
RELATIONS = ("model", "seed", "source")
COLUMNS: LiteralString = """
select n.nspname, c.relname, a.attname, col_description(c.oid, a.attnum),
    pg_get_userbyid(c.relowner)
from pg_attribute as a
inner join pg_class as c on a.attrelid = c.oid
inner join pg_namespace as n on c.relnamespace = n.oid
where
    n.nspname = any(%s) and c.relkind in ('r', 'p', 'v', 'm')
    and a.attnum > 0 and not a.attisdropped
    and pg_has_role(c.relowner, 'member')
order by c.relowner, n.nspname, c.relname, a.attnum
"""


@dataclass(frozen=True)
class ColumnWords:
    """The words of columns, as a parsed project has them.

    Attributes:
        own: by schema, relation and column, those of YAML.
        blocks: the doc blocks.
        made: the schemas whose relations dbt or dlt makes; others have comments of SQL.
    """

    own: Mapping[str, Mapping[str, Mapping[str, str]]]
    blocks: Mapping[str, str]
    made: Collection[str]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Self:
        """Those of a `manifest.json`."""
        own: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
        made = set()
        for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
            if node["resource_type"] in RELATIONS:
                name = node.get("identifier") or node["alias"]
                if node["resource_type"] != "source" or node["loader"] == "dlt":
                    made.add(node["schema"])
                own[node["schema"]][name] = {
                    column: words
                    for column, told in node["columns"].items()
                    if (words := told["description"].strip())
                }
        for mart, told in own["history"].items():  # its rows are the mart's
            own["history"][mart] = {**own["gold"].get(mart, {}), **told}
        docs = manifest["docs"].values()
        blocks = {one["name"]: one["block_contents"].strip() for one in docs}
        return cls(own, blocks, made)

    @classmethod
    def read(cls, target: Path) -> Self:
        """Those of the project that dbt parsed last, whose files are in `target`."""
        return cls.of(json.loads((target / "manifest.json").read_bytes()))

    def of_column(self, schema: str, relation: str, column: str) -> str | None:
        """What the column is; None: nothing says."""
        if words := self.own.get(schema, {}).get(relation, {}).get(column):
            return words
        for block in self.names(relation, column):
            if block in self.blocks:
                return self.blocks[block]
        if column.endswith(BEFORE):
            name = column.removesuffix(BEFORE)
            if words := self.of_column(schema, relation, name):
                return f"Before the change, null of a row that was added: {words}"
        return None

    @staticmethod
    def names(relation: str, column: str) -> tuple[str, ...]:
        """The blocks that may speak of a column, first the one that counts."""
        table = relation.rpartition("__")[2]
        return (f"{relation}__{column}", f"{table}__{column}", column)

    def persist(self) -> int:
        """Comment the warehouse's columns so; how many relations had other words.

        dbt does so with the columns that its YAML names; this adds those of their name,
        and sends nothing where all say it. What belongs to a role that the login may
        not assume stays as it is.
        """
        changed = 0
        with warehouse.connect(None, warehouse.process_name("describe")) as connection:
            rows = connection.execute(COLUMNS, ([*self.made],)).fetchall()
            for owner, owned in groupby(rows, key=lambda row: row[4]):
                assume = sql.SQL("set role {}").format(sql.Identifier(owner))
                connection.execute(assume)
                for _, columns in groupby(owned, key=lambda row: row[:2]):
                    # a statement for each: locks of two relations are never held
                    if comments := [*self._comments(columns)]:
                        connection.execute(sql.SQL("; ").join(comments))
                        changed += 1
                connection.execute("reset role")
        return changed

    def _comments(self, columns: Iterator[tuple[str, ...]]) -> Iterator[sql.Composed]:
        for schema, relation, column, comment, _ in columns:
            words = self.of_column(schema, relation, column)
            if words and words != (comment or "").strip():
                yield sql.SQL("comment on column {} is {}").format(
                    sql.Identifier(schema, relation, column), sql.Literal(words)
                )


def docs_site(target: Path) -> Path:
    """dbt's docs as one file, with the words of all columns, seeds in their folder.

    `target`: where `dbt docs generate` wrote its parts. dbt's own `--static` has the
    columns that YAML describes alone.
    """
    parts = {
        name: json.loads((target / f"{name}.json").read_text("utf-8"))
        for name in ("manifest", "catalog")
    }
    words = ColumnWords.of(parts["manifest"])
    for node in parts["manifest"]["nodes"].values():  # seeds lie beside dbt's folder
        node["original_file_path"] = node["original_file_path"].removeprefix("../")
    for kind in ("nodes", "sources"):
        for node, table in parts["catalog"][kind].items():
            place = (table["metadata"]["schema"], table["metadata"]["name"])
            told = parts["manifest"][kind][node]["columns"]
            for name in table["columns"]:
                column = told.setdefault(name, {"name": name})
                column["description"] = words.of_column(*place, name) or ""
    page = (target / "index.html").read_text("utf-8")
    for name, part in parts.items():
        data = json.dumps(part).replace("</", "<\\/")
        page = page.replace(f'"{name.upper()}.JSON INLINE DATA"', data)
    site = target / "static_index.html"
    site.write_text(page, "utf-8")
    return site
