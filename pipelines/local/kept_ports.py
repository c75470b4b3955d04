"""The ports of a service, kept in a file so that they stay the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.local import port as ports
from pipelines.local.account import own_account
from pipelines.local.service import Say


@dataclass(frozen=True)
class KeptPorts:
    """Ports by their name, in `file`; `key` decides which ones are tried first."""

    file: Path
    key: str

    def known(self) -> dict[str, int]:
        """What was chosen last; empty before the first start."""
        try:
            found: dict[str, int] = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def settle(
        self, given: Mapping[str, int | None], settings: Mapping[str, str], say: Say
    ) -> dict[str, int]:
        """Choose each: the given one, or the one of last time while it is free.

        Raises:
            SetupError: a given one is taken; names its setting and who holds it.
        """
        chosen: dict[str, int] = {}
        for name, port in given.items():
            if port and not ports.is_free(port):
                raise ports.taken(port, settings[name])
            chosen[name] = port or self._choose(name, set(chosen.values()), say)
        own_account().write(self.file, json.dumps(chosen))
        return chosen

    def _choose(self, name: str, others: set[int], say: Say) -> int:
        known = self.known().get(name)
        if known and known not in others and ports.is_free(known):
            return known
        port = ports.choose(f"{self.key} {name}", but=others)
        if known:
            by = ports.holder(known) or "another process"
            say(f"port {known} is taken by {by}: {name} moves to {port}")
        return port
