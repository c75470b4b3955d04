"""Bootstrap: a second run changes nothing, and what a user lacks for it is named."""

import secrets
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from pipelines import bootstrap
from pipelines.errors import SetupError, UpstreamError
from pipelines.local import stack
from pipelines.local.bootstrap import FOLDER
from pipelines.local.postgres import private_server
from pipelines.settings import PROJECT_DIR, child_environment
from tests.contents.roles import BRONZE, acting, run

GROUPS = "loader, transformer, analyst, operator"

# Everything that a bootstrap could change, as text, without object ids.
CATALOG = """
select 'role' as kind, rolname::text as name, concat_ws(
    ' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolconfig,
    rolreplication
) as facts from pg_roles
union all
select 'member', roleid::regrole || ' ' || member::regrole, concat_ws(
    ' ', grantor::regrole, admin_option, inherit_option, set_option
) from pg_auth_members
union all
select 'database', datname, concat_ws(' ', datdba::regrole, datacl)
from pg_database where datname = current_database()
union all
select 'schema', nspname, concat_ws(' ', nspowner::regrole, nspacl) from pg_namespace
union all
select 'relation', oid::regclass::text, concat_ws(
    ' ', relkind, relowner::regrole, relacl, relreplident
) from pg_class where relnamespace <> 'pg_toast'::regnamespace
union all
select 'column', attrelid::regclass || ' ' || attname, concat_ws(
    ' ', atttypid::regtype, attnotnull, attidentity, attacl
) from pg_attribute where attrelid >= 16384
union all
select 'default', d.adrelid::regclass || ' ' || d.adnum, pg_get_expr(d.adbin, d.adrelid)
from pg_attrdef as d
union all
select 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
from pg_constraint
union all
select 'function', oid::regprocedure::text, concat_ws(
    ' ', proowner::regrole, proacl, prosecdef, proconfig, md5(prosrc)
) from pg_proc
union all
select 'trigger', tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid)
from pg_trigger
union all
select 'published', p.pubname || ' ' || r.prrelid::regclass, r.oid::text
from pg_publication as p inner join pg_publication_rel as r on p.oid = r.prpubid
union all
select 'default acl', concat_ws(
    ' ', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype
), defaclacl::text from pg_default_acl
union all
select 'comment', concat_ws(' ', classoid::regclass, objoid, objsubid), description
from pg_description where objoid >= 16384
order by 1, 2, 3
"""


def test_a_second_run_changes_nothing(database):
    before = run(database, None, CATALOG)
    bootstrap.apply(**database)
    assert run(database, None, CATALOG) == before


def test_two_runs_at_once_on_two_databases_of_a_server_both_end(server):
    names = [f"twin_{secrets.token_hex(4)}" for _ in range(2)]
    failures = []

    def work(name):
        try:
            for _ in range(5):
                bootstrap.apply(**{**server, "dbname": name})
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    with acting(server) as connection:
        for name in names:
            connection.execute(f"create database {name}")
        workers = [threading.Thread(target=work, args=(name,)) for name in names]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for name in names:
            connection.execute(f"drop database {name}")
    assert not failures


def test_groups_can_not_log_in_and_the_owner_is_in_all_of_them(database):
    groups = "select count(*) from pg_roles where rolname = any(%s) and not rolcanlogin"
    with acting(database) as connection:
        names = ["loader", "transformer", "analyst", "operator"]
        assert connection.execute(groups, (names,)).fetchone() == (4,)
        for name in names:
            connection.execute(f"set role {name}")


@pytest.fixture
def owner(server):
    """A login without superuser that owns a database of its own."""
    yield from make_owner(server, "")


def make_owner(server, attributes):
    name, password = f"owner_{secrets.token_hex(4)}", secrets.token_hex(8)
    made = {**server, "user": name, "password": password, "dbname": name}
    with acting(server) as connection:
        connection.execute(f"create role {name} login {attributes}")
        connection.execute(f"alter role {name} password '{password}'")
        connection.execute(f"create database {name} owner {name}")
        yield made
        connection.execute(f"drop database {name} with (force)")
        connection.execute(f"drop role {name}")


def test_an_owner_who_may_make_roles_needs_no_superuser(tmp_path):
    with private_server(tmp_path / "managed") as managed:
        owner = next(make_owner(dict(managed), "createrole"))
        bootstrap.apply(**owner)
        before = run(owner, None, CATALOG)
        bootstrap.apply(**owner)
        assert run(owner, None, CATALOG) == before
        run(owner, "loader", BRONZE)
        finished = "insert into bronze_test._dlt_loads values ('1.5', '', 0, now())"
        run(owner, "loader", finished)
        registered = "select ops.register_loads('bronze_test')"
        assert run(owner, "transformer", registered) == [(1,)]
        run(owner, "transformer", "select * from bronze_test.rows")
        replicates = "select rolreplication from pg_roles where rolname = 'cdc'"
        assert run(owner, None, replicates) == [(False,)]  # a superuser's to give
        run(dict(managed), None, "alter role cdc replication")
        bootstrap.apply(**owner)
        assert run(owner, None, replicates) == [(True,)]
        noted = "select cdc.note_running_transactions() is not null"
        assert run(owner, None, noted) == [(False,)]  # a superuser's to give, too
        given = "grant execute on function pg_log_standby_snapshot() to "
        run({**managed, "dbname": owner["dbname"]}, None, given + owner["user"])
        assert run(owner, None, noted) == [(True,)]


def test_what_only_a_superuser_can_give_the_stream_is_said(tmp_path):
    with private_server(tmp_path / "managed") as managed:
        owner = next(make_owner(dict(managed), "createrole"))
        said = []
        with acting(owner) as connection:
            connection.add_notice_handler(lambda n: said.append(n.message_primary))
            bootstrap.apply(**owner)
            path = FOLDER / "060_config.sql"
            connection.execute(path.read_bytes())
    wanted = 'a superuser has to run "alter role cdc login replication"'
    assert any(wanted in sentence for sentence in said)


def test_an_owner_who_was_given_the_groups_needs_no_right_to_make_them(server, owner):
    with acting(server) as connection:
        connection.execute(f"grant {GROUPS} to {owner['user']}")
    bootstrap.apply(**owner)


def test_what_a_user_lacks_is_named_all_at_once_with_its_remedy(server, owner):
    name = owner["user"]
    with acting(server) as connection:
        connection.execute(f"alter database {name} owner to {server['user']}")
    with pytest.raises(SetupError) as refused:
        bootstrap.apply(**owner)
    assert f'grant {GROUPS} to "{name}"' in str(refused.value)
    assert f'alter database "{name}" owner to "{name}"' in str(refused.value)


def test_a_file_that_fails_is_named_and_leaves_nothing(database, tmp_path):
    (tmp_path / "010_fine.sql").write_text("create schema half_way;")
    (tmp_path / "020_wrong.sql").write_text("select * from nowhere;")
    with pytest.raises(SetupError, match=r"020_wrong\.sql failed: .*nowhere"):
        bootstrap.apply(**database, folder=tmp_path)
    assert run(database, None, "select to_regnamespace('half_way')") == [(None,)]


def test_a_server_that_does_not_answer_is_the_upstreams_fault():
    with pytest.raises(UpstreamError, match="does not answer"):
        bootstrap.apply("host=127.0.0.1 port=1 connect_timeout=1")


def test_with_a_given_server_up_starts_none_and_bootstraps_it(database):
    run(database, None, "drop schema ops cascade")
    assert bootstrap.up(["postgres"]) == []
    assert run(database, "loader", "select count(*) from ops.batches") == [(0,)]
    assert stack.status()[0].is_running is False


def test_composes_one_shot_does_the_same(database):
    compose = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
    program, *words = compose["services"]["bootstrap"]["command"]
    command = [Path(sys.executable).with_name(program), *words]
    environment = child_environment({})
    before = run(database, None, CATALOG)
    subprocess.run(command, env=environment, check=True)
    assert run(database, None, CATALOG) == before
    run(database, None, "drop schema ops cascade")
    subprocess.run(command, env=environment, check=True)
    assert run(database, "loader", "select count(*) from ops.loads") == [(0,)]
    assert run(database, "operator", "select count(*) from config.exchanges") == [(8,)]
