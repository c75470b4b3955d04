"""The operator's choices: rows of the schema `config`, and what becomes of them."""
