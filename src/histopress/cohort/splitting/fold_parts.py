"""Folds as divisions into training, validation and test, and back."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from histopress.cohort.labels.faults import listed
from histopress.cohort.leaks import check_patients
from histopress.cohort.splitting.folds import rotation
from histopress.cohort.splitting.parts import Parts, make_parts
from histopress.cohort.splitting.splits import SplitRow
from histopress.errors import ManifestError


def parts_of_folds(rows: Sequence[SplitRow], n_folds: int) -> tuple[Parts, ...]:
    """Divide slides as the rotation over folds does, one division a tested fold.

    Raises
    ------
    ConfigError
        Fewer than three folds.

    Examples
    --------
    >>> rows = [SplitRow(name, fold, "x") for fold, name in enumerate("abcd")]
    >>> parts_of_folds(rows, 4)[3]
    Parts(train=('b', 'c'), validation=('a',), test=('d',))
    """
    divisions = []
    for roles in rotation(n_folds):
        names = dict.fromkeys(roles.train, "train")
        names |= {roles.validation: "validation", roles.test: "test"}
        divisions.append(make_parts(((row.slide_id, names[row.fold]) for row in rows), "split"))
    return tuple(divisions)


def folds_of_parts(
    divisions: Sequence[Parts], patients: Mapping[str, str], *, stratum: str = "imported"
) -> tuple[SplitRow, ...]:
    """Make folds of divisions that test each slide exactly once.

    The fold of a slide is the place of the division that tests it. Validation sets are not kept:
    the rotation validates with the next fold (:func:`same_rotation` says whether that is what
    the divisions did).

    Parameters
    ----------
    divisions : sequence of Parts
        In the manifest's slide ids (:func:`match_parts`).
    patients : mapping of str to str
        Patient of each slide of the manifest.
    stratum : str
        What stands in the rows' column of that name.

    Raises
    ------
    ManifestError
        A slide is tested twice or never, as in repeated random divisions; these are no folds.
    LeakError
        Slides of one patient are tested in different divisions.
    """
    tested: dict[str, list[int]] = defaultdict(list)
    for fold, parts in enumerate(divisions):
        for slide in parts.test:
            tested[slide].append(fold)
    slides = sorted({slide for parts in divisions for slide in parts.slides})
    wrong = [slide for slide in slides if len(tested[slide]) != 1]
    if wrong:
        raise ManifestError(
            [
                (
                    f"{len(wrong)} of {len(slides)} slides are not tested exactly once in "
                    f"{len(divisions)} divisions: {listed(wrong)}; such divisions are "
                    "no folds; take them as they are with protocol: {kind: table, path: ...}"
                )
            ]
        )
    check_patients(
        {
            f"fold {fold}": {slide: patients[slide] for slide in parts.test}
            for fold, parts in enumerate(divisions)
        }
    )
    return tuple(SplitRow(slide, tested[slide][0], stratum) for slide in slides)


def same_rotation(divisions: Sequence[Parts], rows: Sequence[SplitRow]) -> bool:
    """Whether the rotation over folds trains, validates and tests as ``divisions`` do."""
    return len(divisions) >= 3 and tuple(divisions) == parts_of_folds(rows, len(divisions))
