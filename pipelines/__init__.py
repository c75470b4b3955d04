"""Extract and load: from upstreams to the bronze schemas of one Postgres.

Rooms, each of which imports only from those below it:

- `cli/`: `bullion`, a file for each command noun
- `collector/`: keeps loading what is configured, and says what became of each change
- `backfill/`: history in chunks: plan, apply, replay; `doctor/`: health checks;
  `bootstrap.py`: a warehouse set up, and the rows that it begins with
- `sources/`: one package for each upstream: its client, parsers and declarations
- `enrichment/`: what is made of texts
- `pictures/`: what gold holds, drawn as one page
- `explain/`: why a number is what it is; `upstream/`: what every source uses
- `config/`: the operator's choices: model, tables, edits, and the status of a change
- `bronze/`: delivery files, tables, runs; the only room that knows dlt
- `warehouse.py`: connections, roles and locks
- `local/`: the stack on one machine, without Docker
- `sandbox/`: simulated upstreams; `terminal/`: what a person reads
- `settings.py`, `errors.py`
"""
