"""The stream's services, as far as they can be known without starting one."""

import socket
import stat
from dataclasses import replace

import pytest

from pipelines.errors import SetupError
from pipelines.local import change_topics, java, kafka_properties, stack
from pipelines.local import debezium_properties as debezium
from pipelines.local.debezium_service import Debezium
from pipelines.local.kafka_access import Access
from pipelines.local.kafka_service import Kafka, access
from pipelines.local.port import KeptPorts
from pipelines.local.service import UnavailableError, silent
from pipelines.settings import settings

BROKER = Access("127.0.0.1:9092", "debezium", 'cor"rect\\horse')
PLACES = debezium.Places("127.0.0.1", 5432, "bullion", BROKER, "127.0.0.1", 8083)


@pytest.fixture
def clean(monkeypatch, tmp_path):
    asked = ("BULLION_KAFKA", "BULLION_KAFKA_USER", "BULLION_DEBEZIUM")
    for name in (*asked, "PGHOST", "PGPORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_debezium_is_told_what_the_stream_rests_on():
    found = debezium.properties(PLACES)
    wanted = {
        "plugin.name": "pgoutput",
        "publication.name": "bullion_config",
        "publication.autocreate.mode": "disabled",
        "slot.name": "bullion_config",
        "provide.transaction.metadata": "true",
        "decimal.handling.mode": "string",
        "tombstones.on.delete": "true",
        "poll.interval.ms": "20",
        "offset.flush.interval.ms": "0",
        "database.user": "cdc",
    }
    assert {name: found[f"debezium.source.{name}"] for name in wanted} == wanted
    assert found["debezium.format.value.schemas.enable"] == "false"
    assert "pg_logical_emit_message" in found["debezium.source.heartbeat.action.query"]


def test_no_password_is_among_the_properties():
    found = debezium.properties(PLACES)
    assert not [name for name in found if "password" in name or "jaas" in name]
    secrets = debezium.secrets("of the role", BROKER)
    assert not set(secrets) & set(found)
    assert BROKER.password not in repr((found, PLACES))


def test_by_environment_the_keys_are_those_of_the_file():
    found = debezium.properties(PLACES)
    named = debezium.as_environment(found)
    assert list(named.values()) == list(found.values())
    assert len(named) == len(found)
    assert named["DEBEZIUM_SOURCE_SLOT_NAME"] == "bullion_config"
    assert named["QUARKUS_LOG_CATEGORY__ORG_APACHE_KAFKA__LEVEL"] == "WARN"


def test_a_file_of_properties_keeps_a_backslash():
    assert "a=\\\\d\n" in java.properties_text({"a": "\\d"})


def test_each_table_has_a_compacted_topic_and_the_rest_are_not_compacted():
    found = change_topics.declared(["config.b", "config.a"], 7)
    compacted = [n for n, s in found.items() if s["cleanup.policy"] == "compact"]
    assert compacted == ["bullion.config.a", "bullion.config.b"]
    assert set(found) - set(compacted) == {
        debezium.TRANSACTIONS_TOPIC,
        debezium.MESSAGES_TOPIC,
        debezium.HEARTBEAT_TOPIC,
        debezium.SIGNALS_TOPIC,
        debezium.DEAD_LETTERS_TOPIC,
    }
    assert found[debezium.DEAD_LETTERS_TOPIC]["retention.ms"] == "-1"


def test_the_broker_listens_on_loopback_and_makes_no_topic_by_itself(tmp_path):
    ports = {"kafka": 15000, "controller": 15001}
    text = kafka_properties.render(ports, tmp_path, "secret")
    lines = dict(x.split("=", 1) for x in text.splitlines() if "=" in x)
    hosts = [part.split("//")[1] for part in lines["listeners"].split(",")]
    assert hosts == ["127.0.0.1:15000", "127.0.0.1:15001"]
    assert lines["auto.create.topics.enable"] == "false"


def test_every_listener_asks_who_one_is_and_nobody_may_what_no_rule_says(tmp_path):
    ports = {"kafka": 15000, "controller": 15001}
    text = kafka_properties.render(ports, tmp_path, "secret")
    lines = dict(x.split("=", 1) for x in text.splitlines() if "=" in x)
    names = {part.split("://")[0] for part in lines["listeners"].split(",")}
    protocols = dict(
        part.split(":") for part in lines["listener.security.protocol.map"].split(",")
    )
    assert protocols == dict.fromkeys(names, "SASL_PLAINTEXT")
    assert lines["sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert lines["authorizer.class.name"].endswith("StandardAuthorizer")
    assert lines["allow.everyone.if.no.acl.found"] == "false"
    assert lines["super.users"] == "User:bullion"


def test_without_a_user_debezium_asks_in_plain_text():
    plain = replace(PLACES, kafka=Access("127.0.0.1:9092"))
    asked = [n for n in debezium.properties(PLACES) if "sasl" in n or "security" in n]
    assert len(asked) == 4
    assert not set(asked) & set(debezium.properties(plain))
    assert set(debezium.secrets("of the role", plain.kafka)) == set(debezium.PASSWORDS)


def test_ports_are_kept_and_moved_with_a_word_when_they_are_taken(tmp_path):
    kept = KeptPorts(tmp_path / "ports.json", "a key")
    said: list[str] = []
    first = kept.settle({"a": None, "b": None}, {}, said.append)
    assert first["a"] != first["b"]
    assert kept.settle({"a": None, "b": None}, {}, said.append) == first
    with socket.create_server(("127.0.0.1", first["a"])):
        moved = kept.settle({"a": None, "b": None}, {}, said.append)
    assert moved["b"] == first["b"]
    assert said[0].startswith(f"port {first['a']} is taken by")
    assert kept.known() == moved


def test_a_given_port_that_is_taken_names_its_setting(tmp_path):
    kept = KeptPorts(tmp_path / "ports.json", "a key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = {"a": server.getsockname()[1]}
        with pytest.raises(SetupError, match="SOME_PORT"):
            kept.settle(given, {"a": "SOME_PORT"}, silent)


def test_without_java_the_refusal_says_what_to_run(monkeypatch):
    monkeypatch.setattr(java, "PACKAGE", "no_such_package")
    with pytest.raises(UnavailableError, match="run `make setup`"):
        java.java()


@pytest.mark.parametrize("said", ['version "17.0.15"', "nothing"])
def test_a_java_that_is_too_old_or_none_is_refused(monkeypatch, tmp_path, said):
    program = tmp_path / "java"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(java, "java", lambda: program)
    with pytest.raises(UnavailableError, match="Java 21 or newer"):
        java.verify()


def test_the_installed_java_is_new_enough():
    assert int(java.verify().split(".")[0]) >= java.MIN_MAJOR


def test_what_was_never_started_has_no_address(clean):
    assert Kafka.from_settings().address is None
    assert Debezium.from_settings().address is None
    assert not Kafka.from_settings().running()
    with pytest.raises(UnavailableError, match="run `bullion up kafka`"):
        access()


class Absent:
    """A service that this machine can not have."""

    name = "absent"

    def running(self):
        return False

    def fetch(self, say):
        raise UnavailableError("there is no network")


def test_what_can_not_be_had_is_left_out_with_a_word_unless_it_was_named(
    clean, monkeypatch
):
    monkeypatch.setattr(stack, "SERVICES", {"absent": Absent})
    monkeypatch.setattr(stack, "BY_DEFAULT", ("absent",))
    said: list[str] = []
    assert stack.up(say=said.append) == []
    assert said == ["absent is left out: there is no network"]
    with pytest.raises(UnavailableError, match="no network"):
        stack.up(["absent"])
