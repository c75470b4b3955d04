"""The command line, as its user runs it."""

import subprocess
import sys

from pipelines.settings import PROJECT_DIR, child_environment

BULLION = (sys.executable, "-c", "from pipelines.cli.main import main; main()")


def run(*words, environment):
    """One command, whatever became of it."""
    return subprocess.run(
        [*BULLION, *words],
        cwd=PROJECT_DIR,
        env=child_environment(environment),
        capture_output=True,
        text=True,
        check=False,
    )


def bullion(*words, environment):
    """What a command that must succeed printed."""
    done = run(*words, environment=environment)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def refused(*words, environment):
    """A command that must fail."""
    done = run(*words, environment=environment)
    assert done.returncode != 0, done.stdout
    return done
