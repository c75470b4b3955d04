"""The tables of the schema `config`, as an operator reads and writes them."""
