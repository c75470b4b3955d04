"""docker-compose.yml: what can be known of it without an engine."""

import re
import shutil
import subprocess
from importlib.metadata import version

import pytest
import yaml

from pipelines.local import debezium_properties, kafka_properties
from pipelines.local.artifacts import Artifacts
from pipelines.local.kafka_access import PLAIN, PROTOCOL, SCRAM, Access, jaas
from pipelines.local.kafka_properties import USER
from pipelines.local.kafka_users import WRITER
from pipelines.local.postgres_cluster import SETTINGS
from pipelines.local.postgres_distribution import MAJOR
from pipelines.settings import PROJECT_DIR

FILE = PROJECT_DIR / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
ONE_SHOT = {name for name, s in SERVICES.items() if s["restart"] == "no"}
# What the container decides for itself: Compose publishes the port.
EMBEDDED_ONLY = {
    "listen_addresses",
    "port",
    "unix_socket_directories",
    "password_encryption",
    "log_line_prefix",
}


def _settings_of(lines):
    pairs = (line.partition("=")[::2] for line in lines if "=" in line)
    return {key.strip(): value.strip().strip("'") for key, value in pairs}


OURS = "bullion-worker"
DIGEST = r"@sha256:[0-9a-f]{64}"
# the digest of this tag is not known yet: `.ci/pin-images` asks the registry for it
WITHOUT_DIGEST = {"prefecthq/prefect"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_to_a_version_and_what_others_built_to_a_digest(name):
    image = SERVICES[name]["image"]
    told = re.fullmatch(rf"([a-z./-]+):\d+\.\d+[\w.-]*({DIGEST})?", image)
    assert told, image
    assert bool(told[2]) is (told[1] not in {OURS, *WITHOUT_DIGEST}), image


def test_the_image_of_ours_is_run_by_a_user_who_owns_its_data_alone():
    inline = SERVICES["prefect-worker"]["build"]["dockerfile_inline"]
    (user,) = re.findall(r"^USER (\w+)$", inline, re.MULTILINE)
    assert re.search(rf"useradd .*--uid [1-9]\d+ {user}\b", inline)
    assert f"--owner {user} --mode 0700 /var/lib/bullion" in inline
    assert inline.rstrip().endswith(f"USER {user}")


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_every_lasting_service_has_a_health_check(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only(name):
    assert all(p.startswith("127.0.0.1:") for p in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_a_dependency_is_a_service_and_is_waited_for(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        finished = other in ONE_SHOT
        wanted = "service_completed_successfully" if finished else "service_healthy"
        assert how["condition"] == wanted


def test_named_volumes_are_declared_and_used():
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert used == set(COMPOSE["volumes"])


def test_it_asks_the_environment_only_for_settings_that_the_example_lists():
    example = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    assert set(re.findall(r"(?<!\$)\$\{?([A-Za-z_]+)", TEXT)) <= known


def test_no_password_is_written_down_and_none_has_a_default():
    values = re.findall(r"PASSWORD\S*: (.*)", TEXT)
    values += re.findall(r'(?:password|user_\w+)="([^"]*)"', TEXT)
    assert values
    asked = ("${PGPASSWORD:?", "${BULLION_CDC_PASSWORD:?", "${BULLION_KAFKA_PASSWORD:?")
    assert all(value.startswith(asked) for value in values)


def test_postgres_is_the_version_and_has_the_settings_of_the_embedded_server():
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{MAJOR}.")
    given = [word for word in SERVICES["postgres"]["command"] if word != "-c"]
    embedded = _settings_of(x for x in SETTINGS.splitlines() if not x.startswith("#"))
    wanted = {k: v for k, v in embedded.items() if k not in EMBEDDED_ONLY}
    assert _settings_of(given) == wanted


def _tag(service):
    return SERVICES[service]["image"].partition("@")[0]


def _locked_version(name):
    return Artifacts(name, PROJECT_DIR).locked[0].version


def test_kafka_is_the_version_and_has_the_settings_of_the_embedded_one():
    assert _tag("kafka") == f"apache/kafka:{_locked_version('kafka')}"
    given = SERVICES["kafka"]["environment"]
    for name, value in kafka_properties.SHARED.items():
        assert given[f"KAFKA_{name.upper().replace('.', '_')}"] == value, name
    assert "kafka:/var/lib/kafka/data" in SERVICES["kafka"]["volumes"]
    assert given["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def _secret(name):
    return f"${{{name}:?set {name} in .env}}"


def test_who_reaches_kafka_is_asked_who_he_is():
    """On this machine by SCRAM alone; a controller, and a first user, know PLAIN."""
    given = SERVICES["kafka"]["environment"]
    protocols = dict(
        listener.split(":")
        for listener in given["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    )
    listeners = {part.split(":")[0] for part in given["KAFKA_LISTENERS"].split(",")}
    assert protocols == dict.fromkeys(listeners, PROTOCOL)
    named = "KAFKA_LISTENER_NAME_{}_SASL_ENABLED_MECHANISMS"
    assert named.format("HOST") not in given
    assert given[named.format("INSIDE")] == f"{SCRAM},{PLAIN}"
    login = "KAFKA_LISTENER_NAME_{}_SASL_JAAS_CONFIG"
    secret = _secret("BULLION_KAFKA_PASSWORD")
    for listener in ("INSIDE_PLAIN", "CONTROLLER_PLAIN", "INSIDE_SCRAM___SHA___512"):
        mechanism = PLAIN if "PLAIN" in listener else SCRAM
        assert given[login.format(listener)] == jaas(mechanism, USER, secret)
    for service in ("stream-prepare", "prefect-worker"):
        environment = SERVICES[service]["environment"]
        assert environment["BULLION_KAFKA_USER"] == USER
        assert environment["BULLION_KAFKA_PASSWORD"] == secret


def test_debezium_is_the_version_and_is_told_the_same_as_the_embedded_one():
    image = f"quay.io/debezium/server:{_locked_version('debezium')}"
    assert _tag("debezium") == image
    given = dict(SERVICES["debezium"]["environment"])
    given.pop("JAVA_OPTS")
    places = debezium_properties.Places(
        host="postgres",
        port=5432,
        dbname="${PGDATABASE:-bullion}",
        kafka=Access("kafka:19092", WRITER, _secret("BULLION_CDC_PASSWORD")),
        http_host="0.0.0.0",
        http_port=8080,
    )
    wanted = debezium_properties.properties(places)
    secrets = debezium_properties.secrets(places.kafka.password, places.kafka)
    assert given == debezium_properties.as_environment({**wanted, **secrets})


def test_debezium_starts_when_its_topics_are_there():
    waits = SERVICES["debezium"]["depends_on"]["stream-prepare"]
    assert waits["condition"] == "service_completed_successfully"
    command = ["bullion", "stream", "prepare", "--admit"]
    assert SERVICES["stream-prepare"]["command"] == command


def test_prefect_is_the_version_that_is_installed():
    image = f"prefecthq/prefect:{version('prefect')}-python3.11"
    assert SERVICES["prefect-server"]["image"] == image
    inline = SERVICES["prefect-worker"]["build"]["dockerfile_inline"]
    assert inline.startswith(f"FROM {image}\n")


def test_bootstrap_is_what_sets_up_any_server_of_ones_own():
    assert SERVICES["bootstrap"]["image"] == SERVICES["prefect-worker"]["image"]
    assert SERVICES["bootstrap"]["command"] == ["bullion", "up", "postgres"]
    assert SERVICES["bootstrap"]["environment"]["PGHOST"] == "postgres"


def test_no_state_or_secret_is_copied_into_the_image():
    kept_out = (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git/", ".venv/", ".bullion/", ".env"} <= set(kept_out)


def test_docker_compose_accepts_it(tmp_path):
    if not shutil.which("docker"):
        pytest.skip("no docker on this machine")
    docker = ["docker", "compose"]
    if subprocess.run(
        [*docker, "version"], capture_output=True, check=False
    ).returncode:
        pytest.skip("the docker on this machine has no compose")
    env_file = tmp_path / "env"
    names = ("PGPASSWORD", "BULLION_CDC_PASSWORD", "BULLION_KAFKA_PASSWORD")
    env_file.write_text("".join(f"{n}=for-the-test\n" for n in names), "utf-8")
    command = [*docker, "--env-file", str(env_file), "-f", str(FILE), "config", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
