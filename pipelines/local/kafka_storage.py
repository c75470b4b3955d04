"""What a broker keeps in its data: the cluster that it is, and its users."""

import base64
import shutil
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SetupError
from pipelines.local.account import own_account
from pipelines.local.kafka_access import SCRAM

FORMAT_TIMEOUT_S = 120


@dataclass(frozen=True)
class Storage:
    """The data of one broker; `run` gives the command of a Java class."""

    folder: Path
    run: Callable[..., Sequence[str | Path]]

    def is_formatted(self) -> bool:
        """Whether it has its identity."""
        return (self.folder / "meta.properties").exists()

    def cluster_id(self) -> str | None:
        """The cluster that it is of."""
        text = (self.folder / "meta.properties").read_text(encoding="utf-8")
        pairs = (line.partition("=")[::2] for line in text.splitlines())
        return dict(pairs).get("cluster.id")

    def format(
        self, properties: Path, environment: Mapping[str, str], user: str, password: str
    ) -> None:
        """Give empty data its identity and a user, as `kafka-storage.sh format` does.

        Raises:
            SetupError: quotes what it said.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        # a file of arguments: others see those of a process
        arguments = properties.with_name("format.arguments")
        credential = f"{SCRAM}=[name={user},password={password}]"
        own_account().write(arguments, f"--add-scram\n{credential}\n")
        options = ("--cluster-id", _new_id(), "--config", str(properties))
        try:
            done = subprocess.run(
                self.run(
                    "kafka.tools.StorageTool", "format", *options, f"@{arguments}"
                ),
                env=dict(environment),
                cwd=properties.parent,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=FORMAT_TIMEOUT_S,
            )
        finally:
            arguments.unlink()
        if done.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            output = (done.stderr or done.stdout).strip().replace(password, "********")
            raise SetupError(
                f"Kafka's data could not be made in {self.folder}:\n{output}"
            )


def _new_id() -> str:
    """A cluster id as Kafka makes them: 16 bytes in base64, never like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
