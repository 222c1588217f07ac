"""What makes a result traceable.

Here stands what every job leaves: digests, pins, the state of the code, the record. In the rooms,
from the top down: ``crate`` (for other people's tools), ``replay`` (made anew and compared),
``history`` (where a result is from, whether it still is that, what the study was given),
``recipes`` (what decided it, against another or against today), ``seal`` (one root over all:
ledger, signature, pack).
"""
