"""What makes a result traceable.

Here stands what every job leaves: digests, pins, the state of the code, the record. In the rooms:
``history`` (where a result is from, and whether it still is that), ``recipes`` (what decided it,
against another or against today), ``replay`` (made anew and compared), ``seal`` (one root over
all: ledger, signature, pack), ``crate`` (for other people's tools).
"""
