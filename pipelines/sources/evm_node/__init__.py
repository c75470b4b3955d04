"""EVM chains from their nodes: whole blocks, each with what is proved of it.

Tables: `blocks` (a header), `transactions` (one with its receipt), `logs` (a log),
`heads` (a tagged block, as an endpoint named it), `proofs` (a proof of a block as it
was read), `contract_reads` (a call of a contract, and its result).
Upstream: JSON-RPC of an execution client, https://ethereum.github.io/execution-apis.
"""
