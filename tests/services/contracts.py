"""The contracts of `npm/tokens.sol`, compiled with OpenZeppelin's of npm."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from web3 import Web3

from tests.services.npm_packages import FOLDER

SOURCE = "tokens.sol"
OUTPUTS = {SOURCE: {"*": ["abi", "evm.bytecode.object"]}}


@dataclass(frozen=True)
class Compiled:
    """A contract that is not deployed yet."""

    abi: list[dict[str, Any]]
    bytecode: bytes

    def encoded(self, function: str, *arguments: Any) -> bytes:
        """The input of a call."""
        contract = Web3().eth.contract(abi=self.abi)
        return bytes.fromhex(contract.encode_abi(function, arguments)[2:])


def compiled(packages: Path) -> dict[str, Compiled]:
    """The contracts by name."""
    asked = {
        "language": "Solidity",
        "sources": {SOURCE: {"content": (FOLDER / SOURCE).read_text("utf-8")}},
        "settings": {"outputSelection": OUTPUTS},
    }
    with TemporaryFile() as asking, TemporaryFile() as answering:
        asking.write(json.dumps(asked).encode())
        asking.seek(0)
        words = ("node", "solc/solc.js", "--standard-json", "--base-path", ".")
        # into a file: it ends before a pipe has taken more than 64 kB
        subprocess.run(words, cwd=packages, stdin=asking, stdout=answering, check=True)
        answering.seek(0)
        said = answering.read().decode()
    # it says first that it has no solver of formulas
    answer = json.loads(said[said.index("{") :])
    assert "errors" not in answer, answer["errors"]
    return {
        name: Compiled(one["abi"], bytes.fromhex(one["evm"]["bytecode"]["object"]))
        for name, one in answer["contracts"][SOURCE].items()
    }
