"""Divisions that somebody named: a column of the manifest, or another tool's table."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import floor

from histopress.cohort.labels.faults import listed
from histopress.cohort.splitting.folds import keyed_digest
from histopress.cohort.splitting.parts import NAMES, Parts, match_parts
from histopress.cohort.splitting.patients import Patients
from histopress.errors import ConfigError, LeakError, ManifestError

NONE = "none"
"""Word of a slide that takes no part in a division."""
WORDS = {name: name for name in (*NAMES, NONE)} | dict.fromkeys(
    ("val", "valid", "dev", "tune"), "validation"
)
WORDS |= {"training": "train", "testing": "test"}
"""Part that each word of a column means."""


def words_of_column(patients: Patients, column: str) -> dict[str, str]:
    """Read the part of each labelled slide from a column.

    Returns
    -------
    dict of str to str
        ``train``, ``validation``, ``test`` or ``none``, by slide id.

    Raises
    ------
    ManifestError
        No such column, or cells that are none of the words.
    """
    cells = patients.manifest.column(column)
    slides = sorted(slide for own in patients.slides.values() for slide in own)
    wrong = [slide for slide in slides if cells[slide].lower() not in WORDS]
    if wrong:
        found = ", ".join(sorted({repr(cells[slide]) for slide in wrong})[:10])
        raise ManifestError(
            [
                (
                    f"column '{column}' holds {found} for {len(wrong)} labelled slides: "
                    f"{listed(wrong)}; allowed are train, validation (val, valid), test, and none "
                    "for slides that take no part"
                )
            ]
        )
    return {slide: WORDS[cells[slide].lower()] for slide in slides}


def words_of_table(
    patients: Patients, table: Sequence[Parts], where: str
) -> tuple[dict[str, str], ...]:
    """Read the part of each labelled slide from every division of a table.

    Raises
    ------
    LeakError
        Slides of one patient, or two names of one slide, stand on two sides.
    ManifestError
        No name is that of a slide, or a name may be two.
    """
    found = []
    for number, parts in enumerate(table):
        matched = match_parts(
            parts, patients.manifest.patients, where=f"{where}, division {number}"
        ).parts
        word = {slide: name for name in NAMES for slide in getattr(matched, name)}
        slides = (slide for own in patients.slides.values() for slide in own)
        found.append({slide: word.get(slide, NONE) for slide in sorted(slides)})
    return tuple(found)


def cut_validation(
    patients: Patients,
    words: Mapping[str, str],
    before: Mapping[str, str],
    *,
    share: float,
    key: bytes,
) -> dict[str, str]:
    """Take patients from training for validation where no slide is named for it.

    Of each class the share is taken, rounded, and of two patients or more at least one; centre
    after centre in the order of a keyed hash, so that centres are drawn from evenly. Patients
    who were divided before stay where they are.

    Parameters
    ----------
    patients : Patients
    words : mapping of str to str
        Part of each labelled slide.
    before : mapping of str to str
        Part that slides had in the split.
    share : float
    key : bytes

    Returns
    -------
    dict of str to str
        ``words``, where slides of the patients taken have ``validation`` for ``train``.
    """
    if "validation" in words.values():
        return dict(words)
    training = {patients.of(slide) for slide, word in words.items() if word == "train"}
    part = {
        patients.of(slide): word
        for slide, word in sorted(before.items())
        if word in ("train", "validation") and slide in patients.manifest.patients
    }
    total: Counter[str] = Counter()
    taken: Counter[str] = Counter()

    def count(name: str) -> None:
        total[patients.strata[name].label] += 1
        taken[patients.strata[name].label] += part[name] == "validation"

    for name in training & part.keys():
        count(name)

    def order(name: str) -> tuple[object, ...]:
        return (patients.strata[name], keyed_digest(key, name), name)

    for name in sorted(training - part.keys(), key=order):
        label = patients.strata[name].label
        n = total[label] + 1
        quota = max(floor(share * n + 0.5), int(n > 1))
        part[name] = "validation" if taken[label] < quota else "train"
        count(name)
    return {
        slide: part[patients.of(slide)] if word == "train" else word
        for slide, word in words.items()
    }


def refuse_moves(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> None:
    """Refuse slides whose part is another than the split says.

    Parameters
    ----------
    before, now : mapping of str to sequence of str
        Part in each division, by slide.

    Raises
    ------
    LeakError
        As :func:`refuse_crossing`.
    ConfigError
        Another change, or another number of divisions.
    """
    refuse_crossing(before, now)
    moved = [slide for slide in sorted(before.keys() & now.keys()) if before[slide] != now[slide]]
    if moved:
        raise ConfigError(
            f"slides stand in other parts than in the split: {listed(moved)}; take the change "
            "back, or assign all anew with 'histopress split rebalance'"
        )


def refuse_crossing(before: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]) -> None:
    """Refuse slides that were tested and would be learned from, or the other way round.

    Raises
    ------
    LeakError
        Names the slides.
    ConfigError
        There was another number of divisions.
    """
    crossed: dict[str, list[str]] = defaultdict(list)
    for slide in sorted(before.keys() & now.keys()):
        if len(before[slide]) != len(now[slide]):
            raise ConfigError(
                f"the split has {len(before[slide])} divisions, the table {len(now[slide])}; take "
                "the table back, or remove the split to begin anew"
            )
        for was, would in zip(before[slide], now[slide], strict=True):
            if was != would and "test" in (was, would) and NONE not in (was, would):
                crossed[f"from {was} to {would}"].append(slide)
    if crossed:
        text = "; ".join(f"{change}: {listed(own)}" for change, own in sorted(crossed.items()))
        raise LeakError(
            f"test patients are locked, and slides would change sides, {text}; take the change back"
        )
