"""One package per upstream; packages do not import each other."""
