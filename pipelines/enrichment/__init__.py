"""What is made of texts: their form, and its scores by scorers' name and version.

Tables: `bronze_sentiment.text_scores` (a text as a scorer's version has it),
`text_items` (which text an item had when it was read), `item_flags` (what is told of an
item beside its text), `pages` (which loads were looked through). The rules are in
`docs/sentiment.md`.
"""
