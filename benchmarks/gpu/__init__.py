"""``make gpu``: everything that differs on a GPU, rehearsed and measured in at most nine minutes.

__main__.py   the stages one after the other, each a child process with a time limit
stage.py      such a child: measures one stage, keeps each figure as soon as it is there
results.py    bench-gpu.json, written so that a stop at any moment leaves it whole
report.py     its tables, between the markers of docs/gpu.md
material.py   models of any shape with random weights, rows of noise, what the kit brought
kit.py        packs wheels and material for a machine without network

machine.py kernel.py speed.py faults.py models.py export.py forge.py   the stages
trainee.py    one training that is killed or kept short of memory
"""
