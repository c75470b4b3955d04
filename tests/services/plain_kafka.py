"""A broker as it was before it asked for a password."""

import subprocess

from pipelines.local import java
from pipelines.local.account import own_account
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_properties import SHARED
from pipelines.local.kafka_service import Kafka
from pipelines.local.port import HOST
from pipelines.settings import make_private

OF_USERS = ("sasl", "authorizer", "everyone", "super.users")
CLUSTER = "YnVsbGlvbi1iZWZvcmUxMQ"


class PlainKafka(Kafka):
    """The service of that version, as far as its data and its listeners go."""

    @property
    def access(self):
        return Access(self.address) if self.address else None

    def configure(self, say):
        make_private(self.folder)
        ports = self.ports.settle({"kafka": None, "controller": None}, {}, say)
        client, controller = (f"{HOST}:{port}" for port in ports.values())
        told = {
            **{n: v for n, v in SHARED.items() if not any(o in n for o in OF_USERS)},
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{client},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{client}",
            "log.dirs": str(self.storage.folder),
        }
        own_account().write(self.properties, java.properties_text(told))
        if not self.storage.is_formatted():
            options = ("--cluster-id", CLUSTER, "--config", str(self.properties))
            command = self._command("kafka.tools.StorageTool", "format", *options)
            subprocess.run(
                command, env=self._environment, check=True, capture_output=True
            )
