"""The broker of Compose, set up as its image does it, without a container."""

import re
import subprocess
import time
from dataclasses import replace

import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.local import kafka_users, port
from pipelines.local.kafka_access import PLAIN, Access
from pipelines.local.kafka_cluster import cluster_id
from pipelines.local.kafka_service import Kafka
from pipelines.settings import PROJECT_DIR, settings
from tests.contents.kafka_frames import answers_anybody
from tests.services.stream import given

SECRET = "correct-horse-battery"
NAMES = ("INSIDE", "HOST", "CONTROLLER")
# what the image brings with it
LOG4J = """
Configuration:
  Properties: {Property: []}
  Loggers: {Root: {level: WARN}, Logger: []}
"""


@pytest.fixture(scope="module")
def listeners(kafka, tmp_path_factory):
    """The port of each listener of the broker, which runs on empty data."""
    folder = tmp_path_factory.mktemp("compose")
    ports: dict[str, int] = {}
    for name in NAMES:
        ports[name] = port.choose(f"compose {name} {folder}", but=ports.values())
    service = Kafka(kafka.data_dir, kafka.cache_dir)
    properties = rendered(service, environment(ports, folder), folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            service._command("kafka.Kafka", properties),
            env=service._environment,
            stdout=log,
            stderr=log,
        )
    try:
        knows = Access(f"127.0.0.1:{ports['INSIDE']}", "bullion", SECRET, PLAIN)
        deadline = time.monotonic() + 300
        while not cluster_id(knows):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
        yield ports
    finally:
        process.terminate()
        process.wait(60)


def environment(ports, folder):
    """What the service is told, with places of this machine."""
    text = (PROJECT_DIR / "docker-compose.yml").read_text("utf-8")
    told = yaml.safe_load(text)["services"]["kafka"]["environment"]
    places = {
        r"\$\{BULLION_KAFKA_PASSWORD:[^}]*\}": SECRET,
        r"\$\{BULLION_KAFKA_PORT:-9092\}": str(ports["HOST"]),
        r"kafka:(?=\d)": "127.0.0.1:",
        r"//:": "//127.0.0.1:",
        r":19092\b": f":{ports['INSIDE']}",
        r":9092\b": f":{ports['HOST']}",
        r":9093\b": f":{ports['CONTROLLER']}",
        r"^/var/lib/kafka/data$": str(folder / "data"),
    }
    found = {name: str(value) for name, value in told.items()}
    for pattern, value in places.items():
        found = {name: re.sub(pattern, value, text) for name, text in found.items()}
    return found


def rendered(service, environment, folder):
    """The broker's settings, and its data, as the image makes both from that."""
    options = []
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir()
        options += [f"--{name}-configs-dir", str(folder / name)]
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / name).write_text(LOG4J, encoding="utf-8")
    done = subprocess.run(
        service._command("kafka.docker.KafkaDockerWrapper", "setup", *options),
        env={**service._environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(folder / "final" / "server.properties")


@pytest.fixture
def prepared(listeners, database, monkeypatch):
    """`bullion stream prepare --admit` among the containers; the host's access."""
    inside, host = (
        Access(f"127.0.0.1:{listeners[name]}", "bullion", SECRET)
        for name in ("INSIDE", "HOST")
    )
    for name, value in given(inside).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BULLION_CDC_PASSWORD", f"{SECRET} too")
    settings.cache_clear()
    before = cluster_id(host)
    for _ in range(2):
        done = CliRunner().invoke(app, ["stream", "prepare", "--admit"])
        assert done.exit_code == 0, done.output
    yield before, host
    settings.cache_clear()


@pytest.mark.slow
def test_its_first_user_is_let_in_by_scram_once_the_stream_is_prepared(prepared):
    before, host = prepared
    assert before is None
    assert cluster_id(host) == "YnVsbGlvbi1jb21wb3NlMQ"
    debezium = Access(host.address, kafka_users.WRITER, f"{SECRET} too")
    assert cluster_id(debezium)


def test_on_this_machine_nobody_else_gets_in(prepared, listeners):
    _, host = prepared
    assert cluster_id(replace(host, mechanism=PLAIN)) is None
    assert cluster_id(replace(host, password="another")) is None
    assert not any(answers_anybody(at) for at in listeners.values())
