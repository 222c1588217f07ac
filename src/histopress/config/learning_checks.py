"""What is wrong between targets, models and what is asked of them."""

from collections.abc import Collection, Iterator

from histopress.config.models import Config

ROWS = ("clinical", "selected")
"""What stands for encoder and model of rows that have none: see :mod:`histopress.study.names`."""
COLUMNS = ("slide_id", "fold", "split", "coverage")
"""Columns of every ``predictions.csv``; the label stands in the column of its target's name."""
MAPS = {"nic-cnn": "grad-cam", "abmil": "attention"}
"""The map that each kind of model offers."""


def learning_faults(config: Config) -> Iterator[str]:
    """Name what would fail, or be left out in silence, after hours of training."""
    for name in config.encoders:
        if name in ROWS:
            yield f"config: encoders.{name}: the name stands for rows without encoder; rename it"
    for name in config.targets:
        if name.casefold() in COLUMNS:
            yield f"config: targets.{name}: is a column of all predictions; rename the target"
    if len(set(config.seeds)) < len(config.seeds):
        yield f"config: seeds: are {list(config.seeds)}; a seed stands twice, name each once"
    yield from _bag_faults(config)
    yield from _reference_faults(config)
    yield from _control_faults(config)
    yield from _map_faults(config)


def _bag_faults(config: Config) -> Iterator[str]:
    """Each model learns each target."""
    for model, chosen in config.models.items():
        for name, target in config.targets.items():
            if chosen.fusion == "bag" and target.level == "slide":
                yield (
                    f"config: models.{model}.fusion: is 'bag', which joins the slides of a "
                    f"patient, but targets.{name}.level is 'slide'; set it to 'patient', or take "
                    "fusion 'late'"
                )


def _reference_faults(config: Config) -> Iterator[str]:
    reference = config.comparison.reference
    if reference is None or not config.targets:
        return
    known = [(encoder, model) for encoder in config.encoders for model in config.models]
    if any(target.covariates for target in config.targets.values()):
        known.append((ROWS[0], ROWS[0]))
    if config.comparison.nested and len(known) > 1:
        known.append((ROWS[1], ROWS[1]))
    if reference not in known:
        rows = ", ".join(f"[{encoder}, {model}]" for encoder, model in known)
        yield f"config: comparison.reference: is [{', '.join(reference)}]; rows are {rows}"


def _control_faults(config: Config) -> Iterator[str]:
    if config.controls is None:
        return
    yield from _unknown("permutations", config.controls.permutations, "models", config.models)
    yield from _unknown("encoders", config.controls.encoders, "encoders", config.encoders)


def _unknown(
    key: str, asked: Collection[str], room: str, known: Collection[str]
) -> Iterator[str]:
    for name in asked:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            yield f"config: controls.{key}: names '{name}'; {room} are {listed}"


def _map_faults(config: Config) -> Iterator[str]:
    asked = config.explain.methods if config.explain else ()
    for name, model in config.models.items():
        offered = MAPS.get(model.kind)
        for method in asked:
            if offered is not None and method != offered:
                yield (
                    f"config: explain.methods: '{method}' is not for models.{name} of kind "
                    f"'{model.kind}'; leave methods out to make what each model offers"
                )
