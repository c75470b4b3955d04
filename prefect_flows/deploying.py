"""The deployments of `prefect.yaml` taken to a Prefect server, by its own commands."""

import subprocess
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from pipelines.errors import SetupError, UpstreamError
from pipelines.local.prefect_services import POOL
from pipelines.local.service import Say
from pipelines.settings import PROJECT_DIR
from pipelines.upstream.reachability import unreachable

FILE = PROJECT_DIR / "prefect_flows" / "prefect.yaml"
LAST_LINES = 5  # of what a command of Prefect's says when it fails


def deploy(api_url: str, environment: Mapping[str, str], say: Say) -> None:
    """Make the pool where there is none, and take every deployment there. Idempotent.

    Raises:
        UpstreamError: no server answers at `api_url`.
        SetupError: it refuses; says why.
    """
    if reason := unreachable([api_url]).get(api_url):
        parts = urlsplit(api_url)
        raise UpstreamError(
            f"no Prefect server answers at {parts.scheme}://{parts.netloc} ({reason}):"
            " `bullion schedule up` starts one here; PREFECT_API_URL names another"
        )
    if _prefect(environment, "work-pool", "inspect", POOL)[0]:
        say(f"making the work pool {POOL}")
        _done(environment, "work-pool", "create", POOL, "--type", "process")
    say(f"deploying {FILE.relative_to(PROJECT_DIR)}")
    _done(environment, "--no-prompt", "deploy", "--prefect-file", str(FILE), "--all")


def _done(environment: Mapping[str, str], *words: str) -> None:
    code, told = _prefect(environment, *words)
    if code:
        last = " ".join(told.split("\n")[-LAST_LINES:])
        raise SetupError(
            f"`prefect {' '.join(words)}` failed: {' '.join(last.split())}"
        )


def _prefect(environment: Mapping[str, str], *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        cwd=PROJECT_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
