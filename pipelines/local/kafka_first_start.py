"""A broker's first start on data of before there were users: it puts ours in.

A user's password is put in by a broker that runs. This one runs once, at ports that
nobody knows, and takes a password by PLAIN that ends with it: nobody else gets in.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.local import kafka_properties, kafka_users
from pipelines.local.account import own_account
from pipelines.local.kafka_access import PLAIN, SCRAM, Access
from pipelines.local.kafka_service import Kafka
from pipelines.local.port import KeptPorts
from pipelines.local.service import Say, bring_up, take_down


@dataclass(frozen=True)
class FirstStart(Kafka):
    """The service with settings of its own; its data, log and watch are the same."""

    password: str = field(default_factory=secrets.token_urlsafe, repr=False)

    @property
    def ports(self) -> KeptPorts:
        return KeptPorts(self.folder / "once.json", secrets.token_hex())

    @property
    def properties(self) -> Path:
        return self.folder / "once.properties"

    @property
    def access(self) -> Access | None:
        address = self.address
        user = kafka_properties.USER
        return Access(address, user, self.password, PLAIN) if address else None

    def configure(self, say: Say) -> None:
        ports = self.ports.settle({"kafka": None, "controller": None}, {}, say)
        text = kafka_properties.render(
            ports, self.storage.folder, self.password, (SCRAM, PLAIN)
        )
        own_account().write(self.properties, text)

    def forget(self) -> None:
        """Remove what it was told."""
        for path in (self.properties, self.ports.file):
            path.unlink(missing_ok=True)


def admit(kafka: Kafka, user: str, password: str) -> None:
    """Have the broker's data know `user` by this password; all else in it stays.

    Raises:
        SetupError: the broker does not start; the message quotes its log.
    """
    once = FirstStart(kafka.data_dir, kafka.cache_dir)
    once.forget()
    try:
        bring_up(once)
        access = once.access
        assert access is not None  # noqa: S101  # it is ready
        kafka_users.give(access, user, password)
    finally:
        take_down(once)
        once.forget()
