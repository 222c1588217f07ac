"""Which patches a task takes, and the class of each."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from histopress.errors import ConfigError
from histopress.patches.faults import refuse
from histopress.patches.settings import TaskSettings
from histopress.patches.source import Origin


def assign_classes(
    origins: Sequence[Origin], settings: TaskSettings, *, task: str
) -> tuple[tuple[str, ...], Int64[np.ndarray, "N"]]:
    """Map the source's labels to classes.

    Parameters
    ----------
    origins : sequence of Origin (N)
        All patches of the source.
    settings : TaskSettings
        ``classes``; none takes the labels, sorted, as they are.
    task : str
        Name of the task, for messages.

    Returns
    -------
    classes : tuple of str
        Names, in the order of the configuration.
    labels : int64 ndarray (N,)
        Index into ``classes``; −1 for a patch whose label no class names.

    Raises
    ------
    ConfigError
        The source is empty, a label stands in two classes, or a class has no patch.
    """
    found = sorted({origin.label for origin in origins})
    if not found:
        raise ConfigError(f"task '{task}': its source has no patches; look at its path")
    mapping = settings.classes or {label: (label,) for label in found}
    classes = tuple(mapping)
    numbers: dict[str, int] = {}
    faults = []
    for number, (name, labels) in enumerate(mapping.items()):
        for label in labels:
            if numbers.setdefault(label, number) != number:
                faults.append(
                    f"task '{task}': label '{label}' stands in the classes "
                    f"'{classes[numbers[label]]}' and '{name}'; keep one"
                )
        if not set(labels) & set(found):
            faults.append(
                f"task '{task}': class '{name}' has no patch: its labels are {list(labels)}, the "
                f"source's {found}; name labels of the source"
            )
    refuse(faults)
    codes = [numbers.get(origin.label, -1) for origin in origins]
    return classes, np.asarray(codes, np.int64)


def thin_classes(
    labels: Int64[np.ndarray, "N"], most: int | None, rng: np.random.Generator
) -> Int64[np.ndarray, "M"]:
    """Draw at most ``most`` patches of each class; gives their places, ascending.

    Examples
    --------
    >>> thin_classes(np.array([0, 0, 0, 1]), 2, np.random.default_rng(0)).tolist()
    [0, 2, 3]
    """
    if most is None:
        return np.arange(len(labels))
    picks = [rng.permutation(np.flatnonzero(labels == label))[:most] for label in np.unique(labels)]
    return np.sort(np.concatenate(picks)) if picks else np.zeros(0, np.int64)
