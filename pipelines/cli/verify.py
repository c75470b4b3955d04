"""`bullion verify`: what bronze holds, proved again from its rows."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.errors import BadDataError, SetupError
from pipelines.terminal import report
from pipelines.terminal.output import Json, Wait, fail, out, told

if TYPE_CHECKING:
    from pipelines.sources.evm_node.tables import Proof
    from pipelines.sources.evm_node.verify import Verified

verify_app = typer.Typer(no_args_is_help=True, help="Bronze, proved again.")

RESULTS = ("passed", "failed", "unproven", "not_applicable")


@verify_app.command(
    "evm",
    epilog="Example: `bullion verify evm --chain ethereum --from 19000000"
    " --to 19001000`",
)
def verify_evm(
    chain: Annotated[str, typer.Option(help="As config.chains has it: ethereum.")],
    first: Annotated[
        int | None, typer.Option("--from", min=0, help="A block; the first one held.")
    ] = None,
    end: Annotated[
        int | None, typer.Option("--to", min=0, help="A block, excluded; all held.")
    ] = None,
    *,
    sample: Annotated[
        int, typer.Option(min=1, help="One block in so many, by chance.")
    ] = 1,
    level: Annotated[
        Literal["standard", "full"],
        typer.Option(help="full: who signed is recovered, too."),
    ] = "full",
    wait: Wait = 0,
    json: Json = False,
) -> None:
    """Prove blocks again from bronze's rows, without an endpoint.

    What each proof came to goes into `bronze_evm.proofs`, with the origin `verify`.
    Exit code 65: a proof failed; the block and the reason are named.
    """
    from pipelines.sources.evm_node.verify import verify
    from pipelines.terminal.progress import part_bar

    with part_bar(told, "verifying") as seen:
        done = verify(
            chain, first, end, one_in=sample, level=level, wait_s=wait, seen=seen
        )
    if not done.blocks_count and sample == 1:
        raise SetupError(f"bronze has no block of {chain} there: bullion load evm")
    counts = {"blocks": done.blocks_count, "transactions": done.transactions_count}
    proofs, failures = _by_proof(done), [_named(proof) for proof in done.failures]
    if json:
        facts = {"chain": chain, **counts, "proofs": proofs, "failures": failures}
        typer.echo(report.as_json([facts]))
    else:
        title = ", ".join(f"{count:,} {what}" for what, count in counts.items())
        report.show(proofs, f"verified of {chain}: {title}", out)
    for one in failures:
        block = f"block {one['block_number']} ({one['block_hash']})"
        fail(f"{one['proof']} of {block}: {one['reason']}")
    if more := done.failed_count - len(failures):
        fail(f"{more} more")
    if done.failed_count:
        raise typer.Exit(BadDataError.exit_code)


def _by_proof(done: "Verified") -> list[dict[str, object]]:
    names = dict.fromkeys(proof for proof, _ in done.results)
    return [
        {"proof": name} | {result: done.results[name, result] for result in RESULTS}
        for name in names
    ]


def _named(proof: "Proof") -> dict[str, object]:
    return {
        "block_number": proof.block_number,
        "block_hash": f"0x{proof.block_hash.hex()}",
        "proof": proof.proof,
        "reason": proof.reason,
    }
