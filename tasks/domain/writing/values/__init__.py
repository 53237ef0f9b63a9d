"""JSON Schema → valid, plausible arguments.

maker.py            one tool's arguments: the way in
parameters.py       what the schemas of its parameters say
instances.py        one value for one schema
settling.py         references, alternatives and conditions → one plain schema
meanings.py         what a parameter is about, told by its name, description and format
values.py           plausible values of each kind
unknown_values.py   plausible values that no server has
amounts.py          numbers
patterns.py         texts that a regular expression matches
words.py            the words that values are made of
"""
