"""Unsloth and TRL: the only door to torch. Import from the modules below, inside a function.

probe.py       whether torch can use the GPU, and how fast it multiplies
engine.py      load a base, prepare rows, train
run.py         the attempts of one training: from its newest checkpoint, with less where it must
steps.py       TRL's trainer, whose batch is cut into what is computed at once
batches.py     rows become tensors: packs behind a shared prefix, or padded rows
order.py       rows with one tool list come together in a step
packs.py       which rows of a step go into one pack
attention.py   each row of a pack looks at the prefix and at itself
gpu_kernel.py  the same for Unsloth's kernel on a GPU
self_check.py  packs and rows must have one loss, or packs are not used
out_of_memory.py which errors mean that memory ran out
checkpoints.py what a training keeps to go on from, sealed when it is whole
keeping.py     seals what the trainer writes, and puts the best adapter aside
stopping.py    signals, numbers that are none, nothing gained
callback.py    what the trainer says becomes TrainingUpdates
record.py      what was asked, done and given up
general_loss.py the loss on a text that has nothing to do with the server, before and after
weights.py     a base's weights as training computes with them, one at a time
merging.py     the adapter is written, and merged into 16 bit
adapter_process.py base and adapter answer prompts, in a process of its own
"""

import os
import platform

from profiles.settings import Settings

# Unsloth puts this folder before all others that Python imports from, and its own default is one
# of the working directory's, whoever wrote what lies there.
os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str(Settings().home.absolute() / "unsloth"))
# Packs differ in length, and pieces of a GPU's memory that fit none are lost. Unsloth asks for it
# too, but torch reads it once, and the probe of the GPU comes first. Not under WSL, as there.
if "microsoft" not in platform.release().lower():
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
