"""The stream of config changes: every part of the chain, and what it carried."""
