"""What bronze holds proves again from its rows; what was changed there fails, alone."""

import json
from collections import defaultdict

import psycopg
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.errors import BadDataError, SetupError
from pipelines.sources.evm_node.proofs import CHECKS
from pipelines.sources.evm_node.verify import verify
from tests.fakes.evm_readings import FIRST, chained, loaded

FLIPPED = "set_byte({0}, length({0}) - 1, get_byte({0}, length({0}) - 1) # 1)"
OTHERS = ("blocks", "transactions", "logs")
# of transaction 1 and of its first log
TX, LOG = "transaction_index = 1", "log_index = 2"
# what is done to the rows of a block, and the proofs that then fail
CORRUPTIONS = [
    ("update blocks set state_root = {flip:state_root}", {"header_hash"}),
    ("update blocks set gas_limit = gas_limit + 1", {"header_hash"}),
    ("update blocks set logs_bloom = {flip:logs_bloom}", {"header_hash", "logs_bloom"}),
    (
        "update blocks set withdrawals = replace(withdrawals, '0x3', '0x4')",
        {"withdrawals_root"},
    ),
    (
        f"update transactions set input = {{flip:input}} where {TX}",
        {"transactions_root", "sender"},
    ),
    (f"update transactions set receipt_status = 0 where {TX}", {"receipts_root"}),
    (f"update transactions set from_address = '\\x01' where {TX}", {"sender"}),
    (
        f"update transactions set receipt_gas_used = receipt_gas_used + 1 where {TX}",
        {"counts"},
    ),
    (
        f"delete from transactions where {TX}",
        {"transactions_root", "counts", "receipts_root", "logs_bloom"},
    ),
    (f"update logs set data = {{flip:data}} where {LOG}", {"receipts_root"}),
    (
        f"update logs set topic2 = {{flip:topic2}} where {LOG}",
        {"receipts_root", "logs_bloom"},
    ),
    (
        f"delete from logs where {LOG}",
        {"receipts_root", "logs_bloom", "log_index", "counts"},
    ),
    (
        "update logs set delivery_row = 2 * 5 + 2 * {row} - delivery_row",
        {"receipts_root", "log_index"},
    ),
]


def content(database):
    """What the tables hold that a verification must leave as they are."""
    with psycopg.connect(**database) as connection:
        return [
            connection.execute(
                f"select count(*), sum(hashtext(t::text)) from bronze_evm.{name} as t"
            ).fetchone()
            for name in OTHERS
        ]


def changed(database, *statements):
    """As the owner, who alone can."""
    with psycopg.connect(**database) as connection:
        connection.execute("set search_path to bronze_evm, pg_catalog")
        for statement in statements:
            assert connection.execute(statement).rowcount


def failing(done):
    found = defaultdict(set)
    for proof in done.failures:
        found[proof.block_number].add(proof.proof)
    return dict(found)


def test_what_was_loaded_proves_again_and_no_other_table_changes(seeded):
    blocks = list(chained(12))
    loaded(blocks)
    before = content(seeded)

    done = verify("ethereum", FIRST + 1)

    assert (done.blocks_count, done.transactions_count) == (11, 33)
    assert done.results == {(name, "passed"): 11 for name in CHECKS}
    assert content(seeded) == before
    with psycopg.connect(**seeded) as connection:
        rows = connection.execute(
            "select block_number, count(*), min(result), min(endpoint), min(request_id)"
            " from bronze_evm.proofs where origin = 'verify' group by 1 order by 1"
        ).fetchall()
    whole = (len(CHECKS), "passed", "public", "b".rjust(32, "0"))
    assert rows == [(block.header.block_number, *whole) for block in blocks[1:]]


def corrupted(place, statement):
    """The statement for the block of this place."""
    number = FIRST + place
    head, _, condition = statement.partition(" where ")
    for column in ("state_root", "logs_bloom", "input", "data", "topic2"):
        head = head.replace(f"{{flip:{column}}}", FLIPPED.format(column))
    head = head.replace("{row}", str(6 * place))
    where = f"block_number = {number}"
    return f"{head} where {where}" + (f" and {condition}" if condition else "")


def test_what_was_changed_in_bronze_fails_its_proof_and_its_block_alone(seeded):
    loaded(chained(len(CORRUPTIONS) + 2))
    changed(
        seeded, *(corrupted(*pair) for pair in enumerate(s for s, _ in CORRUPTIONS))
    )

    done = verify("ethereum")

    expected = {FIRST + at: proofs for at, (_, proofs) in enumerate(CORRUPTIONS)}
    assert failing(done) == expected
    assert done.failed_count == sum(map(len, expected.values()))
    assert done.results["parent_link", "unproven"] == 1  # the first one's


def test_a_block_that_was_read_twice_is_proved_twice(seeded):
    blocks = list(chained(3))
    loaded(blocks, "a")
    loaded(blocks[1:], "b")
    changed(
        seeded,
        f"update logs set data = {FLIPPED.format('data')}"
        " where log_index = 1 and request_id like '%b r'"
        f" and block_number = {FIRST + 1}",
    )

    done = verify("ethereum", FIRST + 1)

    assert done.blocks_count == 4
    assert failing(done) == {FIRST + 1: {"receipts_root"}}
    with psycopg.connect(**seeded) as connection:
        (request,) = connection.execute(
            "select request_id from bronze_evm.proofs where result = 'failed'"
        ).fetchall()
    assert request == ("b".rjust(32, "0"),)


def test_what_no_finished_load_brought_is_not_there(seeded):
    blocks = list(chained(4))
    loaded(blocks[:2])
    loaded(blocks[2:])
    with psycopg.connect(**seeded) as connection:
        ((load_id,),) = connection.execute(
            "select _dlt_load_id from bronze_evm.blocks where block_number = 101"
        ).fetchall()
        for table in ("ops.loads", "bronze_evm._dlt_loads"):
            connection.execute(f"delete from {table} where load_id = %s", (load_id,))

    done = verify("ethereum")

    assert done.blocks_count == 2
    # nor is it a parent
    assert done.results["parent_link", "unproven"] == 1
    assert done.results["parent_link", "passed"] == 1


def test_a_sample_is_a_random_share(seeded):
    loaded(chained(60))
    counts = {verify("ethereum", one_in=3).blocks_count for _ in range(3)}
    assert all(0 < count < 60 for count in counts)  # fails once in 10^10
    assert verify("ethereum", one_in=10**9).blocks_count == 0


def test_the_command_names_what_failed_and_ends_with_its_code(seeded):
    loaded(chained(3))
    words = ["verify", "evm", "--chain", "ethereum"]
    whole = CliRunner().invoke(app, [*words, "--json"])
    assert whole.exit_code == 0, whole.output
    (facts,) = json.loads(whole.stdout)
    assert (facts["blocks"], facts["transactions"], facts["failures"]) == (3, 9, [])
    assert [one["proof"] for one in facts["proofs"]] == list(CHECKS)

    changed(seeded, corrupted(1, CORRUPTIONS[0][0]))
    told = CliRunner().invoke(app, words)
    assert told.exit_code == BadDataError.exit_code
    assert "3 blocks, 9 transactions" in told.stdout
    (line,) = told.stderr.splitlines()
    assert line.startswith("failed: header_hash of block 101 (0x")
    only = CliRunner().invoke(app, [*words, "--from", "102", "--to", "103", "--json"])
    assert only.exit_code == 0
    assert json.loads(only.stdout)[0]["blocks"] == 1

    nothing = CliRunner().invoke(app, [*words, "--from", "200"])
    assert nothing.exit_code == SetupError.exit_code
    assert "bronze has no block of ethereum there" in nothing.stderr
