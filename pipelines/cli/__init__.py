"""`bullion`: a module for each command noun, each importing what it needs."""
