"""Where a Kafka broker is, and as whom it is asked: as a user, by SCRAM, or as anybody.

SCRAM tells nobody the password who took the broker's port, and the broker proves that
it knows it. https://kafka.apache.org/documentation/#security_sasl_scram
"""

import logging
import socket
from dataclasses import dataclass, field
from typing import Any

PROTOCOL = "SASL_PLAINTEXT"
SCRAM = "SCRAM-SHA-512"
PLAIN = "PLAIN"
LOGIN_MODULES = {
    SCRAM: "org.apache.kafka.common.security.scram.ScramLoginModule",
    PLAIN: "org.apache.kafka.common.security.plain.PlainLoginModule",
}
ANSWER_TIMEOUT_MS = 2_000
DEFAULT_PORT = 9092  # where an address names none

# the client's own log repeats what an error's message says, and warns of SCRAM
logging.getLogger("kafka").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Access:
    """Bootstrap servers, and who asks them: anybody, in plain text, without a user."""

    address: str
    user: str | None = None
    password: str = field(default="", repr=False)
    mechanism: str = SCRAM

    @property
    def client_options(self) -> dict[str, Any]:
        """What kafka-python's clients are opened with."""
        options = {"bootstrap_servers": self.address}
        if self.user is None:
            return options
        return {
            **options,
            "security_protocol": PROTOCOL,
            "sasl_mechanism": self.mechanism,
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }

    @property
    def java_properties(self) -> dict[str, str]:
        """What a client in Java is told beside `sasl.jaas.config`, which is secret."""
        if self.user is None:
            return {}
        return {"security.protocol": PROTOCOL, "sasl.mechanism": self.mechanism}

    @property
    def jaas(self) -> str:
        """Java's `sasl.jaas.config`: user and password."""
        return jaas(self.mechanism, self.user or "", self.password)

    @property
    def silence(self) -> str:
        """What it may mean that something listens there and does not answer."""
        if self.user is None:
            return "does not answer, or asks for a user: BULLION_KAFKA_USER"
        return f"does not answer, or refuses {self.user} or the password"


def jaas(mechanism: str, user: str, password: str) -> str:
    """A login by `mechanism`; of PLAIN also what a broker compares a password with."""
    options = {"username": user, "password": password}
    if mechanism == PLAIN:
        options[f"user_{user}"] = password
    told = " ".join(f"{name}={_quoted(value)}" for name, value in options.items())
    return f"{LOGIN_MODULES[mechanism]} required {told};"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listens(address: str) -> bool:
    """Whether something listens at one of the addresses."""
    return any(_listens(one.strip()) for one in address.split(","))


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    place = (host, int(port)) if host else (port, DEFAULT_PORT)
    try:
        socket.create_connection(place, ANSWER_TIMEOUT_MS / 1000).close()
    except OSError:
        return False
    return True
