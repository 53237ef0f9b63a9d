"""Unsloth and TRL: the only door to torch. Import from the modules below, inside a function.

engine.py    load a base, prepare rows, train, merge
attention.py each row of such a batch looks at the prefix and at itself
batches.py   rows become tensors; a prefix that all rows share is computed once
callback.py  what the trainer says becomes TrainingUpdates
"""
