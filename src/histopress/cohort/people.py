"""Whom an encoder was trained on, told in hashes that cannot be found by trying.

A card travels with its encoder, and a barcode of a public cohort is soon guessed from a plain hash.
So patients and slides are told as HMAC-SHA-256 under a key that stays outside the project: the file
that the environment variable ``HISTOPRESS_KEY`` names. Whoever has the key can compare cohorts.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from histopress.cohort.labels.faults import listed
from histopress.errors import ConfigError, LeakError

VARIABLE = "HISTOPRESS_KEY"
SHORTEST = 16
"""Bytes that a key must have."""

Person = tuple[str, str]
"""Ids of patient and slide; empty where unknown."""


def load_key() -> bytes | None:
    """Read the key; None where the environment names none.

    Raises
    ------
    ConfigError
        The file cannot be read or is too short for a key.
    """
    place = os.environ.get(VARIABLE)
    if not place:
        return None
    try:
        key = Path(place).expanduser().read_bytes().strip()
    except OSError as error:
        raise ConfigError(
            f"{VARIABLE} names '{place}', which cannot be read ({error.strerror}); make a key with "
            "'openssl rand -hex 32', keep it outside the project"
        ) from error
    if len(key) < SHORTEST:
        raise ConfigError(
            f"{VARIABLE}: the key in '{place}' has {len(key)} bytes, needs {SHORTEST}"
        )
    return key


def keyed_hash(name: str, key: bytes) -> str:
    """Hash an id under the key, as 32 hexadecimal digits.

    Examples
    --------
    >>> keyed_hash("P1", b"k" * 16) == keyed_hash("P1", b"l" * 16)
    False
    """
    return hmac.digest(key, name.encode(), "sha256").hex()[:32]


def people_facts(
    people: Sequence[Person], *, key: bytes | None, own_cohort: bool = False
) -> dict[str, Any]:
    """Tell whose patches an encoder learned from, for its card; plain JSON.

    Parameters
    ----------
    people : sequence of (str, str)
        Of each patch that fitted weights or steered the schedule.
    key : bytes or None
        Without it, patients and slides are left out.
    own_cohort : bool
        The slides are those of the study's manifest, whose ids stand in every result anyway.

    Returns
    -------
    dict
        ``patients``, ``slides`` (hashes), ``cohort_slides`` (ids), ``unknown`` (patches without
        patient and slide) and ``key`` (fingerprint of the key, empty without).
    """
    patients = sorted({patient for patient, _ in people if patient})
    slides = sorted({slide for _, slide in people if slide})
    return {
        "patients": [keyed_hash(name, key) for name in patients] if key else [],
        "slides": [keyed_hash(name, key) for name in slides] if key else [],
        "cohort_slides": slides if own_cohort else [],
        "unknown": sum(not (patient or slide) for patient, slide in people),
        "key": _fingerprint(key) if key else "",
    }


def check_unseen(
    tasks: Iterable[Mapping[str, Any]],
    patients: Mapping[str, str],
    *,
    key: bytes | None,
    cohort: Mapping[str, str] | None = None,
) -> str:
    """Refuse patients whose patches the encoder was trained on.

    Parameters
    ----------
    tasks : iterable of mapping
        Tasks of the encoder's card; ``people`` of each is what :func:`people_facts` gave.
    patients : mapping of str to str
        Patient of each slide that is to be validated or tested.
    key : bytes or None
    cohort : mapping of str to str, optional
        Patient of every slide of the manifest: the encoder may have been trained on patches of a
        slide that is not evaluated itself, of a patient whose other slide is.

    Returns
    -------
    str
        ``checked``, or why nothing could be checked; for the metrics.

    Raises
    ------
    LeakError
        Names the slides.
    """
    doubts = []
    for task in tasks:
        people = task.get("people")
        if not people:
            doubts.append(f"the card does not say whom task '{task.get('name')}' is of")
            continue
        seen = _seen_slides(people, patients, key, cohort or patients)
        if seen:
            raise LeakError(
                f"the encoder was trained on patches of task '{task.get('name')}' from "
                f"{len(seen)} of the slides or their patients: {listed(seen)}; take an encoder "
                "that never saw them, or leave them out"
            )
        if people["unknown"]:
            doubts.append(f"{people['unknown']} patches of task '{task.get('name')}' name nobody")
        elif not people["cohort_slides"] and (key is None or people["key"] != _fingerprint(key)):
            doubts.append(f"{VARIABLE} does not name the key that task '{task.get('name')}' has")
    return f"not checked: {'; '.join(doubts)}" if doubts else "checked"


def _seen_slides(
    people: Mapping[str, Any],
    patients: Mapping[str, str],
    key: bytes | None,
    cohort: Mapping[str, str],
) -> list[str]:
    own = set(people["cohort_slides"])
    exposed = {cohort[slide] for slide in own if slide in cohort}
    seen = {slide for slide, patient in patients.items() if patient in exposed}
    if key is not None and people["key"] == _fingerprint(key):
        hashed, drawn = set(people["patients"]), set(people["slides"])
        seen |= {
            slide
            for slide, patient in patients.items()
            if keyed_hash(patient, key) in hashed or keyed_hash(slide, key) in drawn
        }
    return sorted(seen)


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(b"histopress key" + key).hexdigest()[:16]
