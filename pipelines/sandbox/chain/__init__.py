"""Simulated chains: an EVM node that speaks JSON-RPC, whose blocks can be proved.

Hashes, roots, blooms, fees and signatures hold; state is not simulated. Nothing here
is shared with what proves blocks elsewhere, so that each checks the other.
"""
