"""The data of the embedded Postgres: made once, settings written at every start."""

import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import Account, own_account
from pipelines.local.port import HOST
from pipelines.local.postgres_distribution import Distribution

SUPERUSER = "bullion"
DATABASE = "bullion"
DISK_FULL = "No space left on device"
OURS = "bullion.conf"
INCLUDE = f"\n# the settings of the embedded server\ninclude = '{OURS}'\n"

HBA = """\
# written by `bullion up`: passwords for everybody, and only from this machine
local all         all              scram-sha-256
host  all         all  {host}/32  scram-sha-256
host  replication all  {host}/32  scram-sha-256
"""

SETTINGS = """\
# written by `bullion up`; settings of your own: `alter system set ...`
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
max_connections = 100
shared_buffers = '256MB'
max_wal_size = '2GB'
checkpoint_timeout = '15min'
synchronous_commit = on
# a millisecond model must not wait for a compiler
jit = off
wal_level = logical
max_replication_slots = 10
max_wal_senders = 10
# a slot that nobody reads must not fill the disk
max_slot_wal_keep_size = '4GB'
# statements may hold secrets and payloads: they stay out of the log
log_statement = none
log_min_error_statement = panic
log_line_prefix = '%m [%p] %q%u@%d %a '
"""


@dataclass(frozen=True)
class Cluster:
    """One set of data, in `folder`, owned by `account`; the password lies apart."""

    folder: Path
    account: Account
    password_file: Path

    @property
    def data(self) -> Path:
        """What Postgres calls PGDATA."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.folder / "postgres.log"

    def make(self, distribution: Distribution, *, durable: bool = True) -> bool:
        """Make an empty database with a password of its own; False: it was there.

        Killed half-way it begins again: the data gets its name when it is whole.

        Raises:
            SetupError: initdb refused; the message quotes it.
        """
        is_new = not (self.data / "PG_VERSION").exists()
        if not self.password_file.exists():
            own_account().write(self.password_file, secrets.token_urlsafe(32))
            if not is_new:
                self._renew_password(distribution)
        if not is_new:
            return False
        partial = self.folder / "data.partial"
        if partial.exists():
            shutil.rmtree(partial)
        self._initdb(distribution, partial, [] if durable else ["--no-sync"])
        partial.rename(self.data)
        return True

    def configure(self, port: int, extra: Sequence[str] = ()) -> None:
        """Write our settings, then `extra` lines, which win."""
        text = SETTINGS.format(host=HOST, port=port) + "".join(f"{x}\n" for x in extra)
        self.account.write(self.data / OURS, text)
        self.account.write(self.data / "pg_hba.conf", HBA.format(host=HOST))
        main = self.data / "postgresql.conf"
        stock = main.read_text(encoding="utf-8")
        if INCLUDE not in stock:
            self.account.write(main, stock + INCLUDE)

    def _initdb(
        self, distribution: Distribution, target: Path, extra: Sequence[str]
    ) -> None:
        pwfile = self.folder / "pwfile"
        self.account.write(pwfile, self.password_file.read_text(encoding="utf-8"))
        options = [
            *("-D", str(target), "-U", SUPERUSER, f"--pwfile={pwfile}"),
            *("-E", "UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256"),
            "--no-instructions",
            *extra,
        ]
        try:
            done = self.account.run([distribution.program("initdb"), *options])
        finally:
            pwfile.unlink()
        self._require(done)
        self._alone(distribution, target, f"create database {DATABASE}")

    def _renew_password(self, distribution: Distribution) -> None:
        """Give the data's owner the new secret: the old one was lost."""
        # letters, digits, - and _
        password = self.password_file.read_text(encoding="utf-8")
        statement = f"alter role {SUPERUSER} password '{password}'"
        self._alone(distribution, self.data, statement)

    def _alone(self, distribution: Distribution, data: Path, statement: str) -> None:
        """Run a statement on data that no server serves."""
        program = distribution.program("postgres")
        command: list[str | Path] = [program, "--single", "-D", data, "postgres"]
        self._require(self.account.run(command, given=f"{statement}\n"))

    def _require(self, done: subprocess.CompletedProcess[str]) -> None:
        if done.returncode == 0:
            return
        if DISK_FULL in done.stderr:
            raise disk_full(self.folder)
        program = Path(done.args[0]).name
        raise SetupError(f"{program} failed in {self.folder}:\n{done.stderr.strip()}")


def disk_full(folder: Path) -> SetupError:
    """The refusal to continue without room; says where room is needed."""
    free_mb = shutil.disk_usage(folder).free // 2**20
    return SetupError(
        f"the disk of {folder} is full ({free_mb} MB free): free some space there, or "
        "move BULLION_DATA_DIR to another disk, then run `bullion up` again"
    )
