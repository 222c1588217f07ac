"""Divisions of a protocol, from the rows of its split."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import assert_never

from histopress.cohort.splitting.fold_parts import parts_of_folds
from histopress.cohort.splitting.parts import NAMES, Parts
from histopress.cohort.splitting.places import EXTERNAL
from histopress.cohort.splitting.settings import (
    CentresProtocol,
    EnsembleProtocol,
    FixedProtocol,
    PreservedSiteProtocol,
    ProtocolSettings,
    RotationProtocol,
    TableProtocol,
)
from histopress.cohort.splitting.splits import SplitRow
from histopress.errors import ConfigError


def divisions(
    rows: Sequence[SplitRow], settings: ProtocolSettings, slides: Collection[str] | None = None
) -> tuple[Parts, ...]:
    """Divide slides into training, validation and test, once for every model to train.

    Repeats come one after the other, each with its folds in order; centres in the order of their
    names.

    Parameters
    ----------
    rows : sequence of SplitRow
    settings : ProtocolSettings
    slides : collection of str, optional
        The slides to divide, such as those with a label now; all of the split without. A slide
        that takes no part in a division is in none of its parts. Give all labelled slides, also
        those that turn out unusable later: centres are counted by them.

    Raises
    ------
    ConfigError
        The split was made with another number of folds, or lacks a repeat.

    Examples
    --------
    >>> rows = [SplitRow(name, fold, "x") for fold, name in enumerate("abc")]
    >>> divisions(rows, RotationProtocol(folds=3))[0]
    Parts(train=('c',), validation=('b',), test=('a',))
    """
    check_folds(rows, settings)
    own = [row for row in rows if slides is None or row.slide_id in slides]
    match settings:
        case RotationProtocol():
            return tuple(
                parts
                for repeat in range(settings.repeats)
                for parts in parts_of_folds(_repeat(own, repeat), settings.folds)
            )
        case PreservedSiteProtocol():
            return parts_of_folds(own, settings.folds)
        case EnsembleProtocol():
            return tuple(_ensemble(own, fold) for fold in range(settings.folds))
        case CentresProtocol():
            centers = sorted({row.group for row in own})
            return tuple(
                _centre(own, center, place % settings.folds) for place, center in enumerate(centers)
            )
        case FixedProtocol() | TableProtocol():
            words = {row.slide_id: row.group.split() for row in own}
            return tuple(
                _parts((slide, word[number]) for slide, word in words.items())
                for number in range(_number(words))
            )
        case _:
            assert_never(settings)


def check_folds(rows: Sequence[SplitRow], settings: ProtocolSettings) -> None:
    """Refuse a split that was made with another number of folds; an empty one passes.

    Raises
    ------
    ConfigError
        Names both numbers.
    """
    n_folds = getattr(settings, "folds", None)
    found = max((row.fold for row in rows), default=-1) + 1
    if rows and n_folds is not None and found != n_folds:
        raise ConfigError(
            f"the split on disk has {found} folds, the protocol asks for {n_folds}; "
            f"set folds: {found}, or assign every patient anew with 'histopress split rebalance'"
        )


def _repeat(rows: Iterable[SplitRow], repeat: int) -> list[SplitRow]:
    found = [row for row in rows if row.repeat == repeat]
    if not found:
        raise ConfigError(
            f"the split has no repeat {repeat} (they count from 0); run 'histopress split' first"
        )
    return found


def _number(words: Mapping[str, Sequence[str]]) -> int:
    """Count the divisions that each slide has a word for."""
    found = sorted({len(own) for own in words.values()})
    if len(found) > 1:
        raise ConfigError(
            f"the split's column 'group' holds {found[0]} to {found[-1]} words; it needs as many "
            "in each row; take the file back, or remove it to begin anew"
        )
    return found[0] if found else 0


def _parts(places: Iterable[tuple[str, str]]) -> Parts:
    found: Mapping[str, list[str]] = defaultdict(list)
    for slide, part in places:
        found[part].append(slide)
    train, validation, test = (tuple(sorted(found[name])) for name in NAMES)
    return Parts(train=train, validation=validation, test=test)


def _ensemble(rows: Iterable[SplitRow], fold: int) -> Parts:
    return _parts(
        (
            row.slide_id,
            "test" if row.group == EXTERNAL else "validation" if row.fold == fold else "train",
        )
        for row in rows
    )


def _centre(rows: Iterable[SplitRow], center: str, fold: int) -> Parts:
    return _parts(
        (
            row.slide_id,
            "test" if row.group == center else "validation" if row.fold == fold else "train",
        )
        for row in rows
    )
