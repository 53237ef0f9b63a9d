"""A teacher model writes a phrasebook: what it is asked, what of its answers becomes a line."""
