"""JSON Schema → valid, plausible arguments; the way in is maker.py."""
