"""Unsloth and TRL: the only door to torch. Import from the modules below, inside a function.

engine.py     load a base, prepare rows, train, merge
packs.py      which rows of a step share one prefix; no torch
batches.py    rows become tensors: padded, or packs that hold their prefix once
attention.py  each row of a pack looks at the prefix and at itself
gpu_kernel.py on a GPU, Unsloth's kernel is told to do that
steps.py      TRL's trainer, one part of a batch after the other
self_check.py packs are compared with separate rows before a training uses them
callback.py   what the trainer says becomes TrainingUpdates
"""
