"""What ``histopress simulate phantom`` writes beside slides: manifest, latents, oracle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from histopress.simulate.phantom_settings import PhantomSettings
    from histopress.simulate.phantom_slides import PhantomSlide

VERB = "simulate phantom"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Rows and columns of the manifest, and what it keeps back.

    Attributes
    ----------
    rows, columns
        Of the manifest.
    latents, latent_columns
        Of the file that no stage reads; none in the design ``tumour``.
    oracle : dict
        The best scores reachable; none in the design ``tumour``, or if not asked for.
    """

    rows: Rows
    columns: Sequence[str]
    latents: Rows = ()
    latent_columns: Sequence[str] = ()
    oracle: Mapping[str, Any] | None = None


def make_tables(
    settings: "PhantomSettings",
    *,
    seed: int,
    survival: str | None,
    folder: str,
    latents: bool = False,
    oracle: bool = False,
) -> Tables:
    """Draw what is to be written of a cohort.

    Parameters
    ----------
    settings : PhantomSettings
        Its design says which tables there are.
    seed : int
        The run's seed.
    survival : str or None
        JSON, or a file of it: SurvivalSettings in the design ``tumour``, whose manifest then tells
        all; GrowthSurvivalSettings in ``growth``, where None takes the defaults.
    folder : str
        Of the slides, as the manifest says.
    latents, oracle : bool
        Whether causes and best scores are wanted; the latter take seconds.

    Raises
    ------
    ConfigError
        Survival is given for nodes, which have none, or has wrong keys; or latents or an oracle
        are wanted of the design ``tumour``, which keeps nothing back.
    """
    from histopress.errors import ConfigError
    from histopress.simulate.phantom_slides import draw_cohort

    for name, wanted in (("latents", latents), ("oracle", oracle)):
        if wanted and settings.design == "tumour":
            raise ConfigError(
                f"--{name}: the design 'tumour' keeps nothing back, its manifest tells all where "
                "--survival is given; leave it out, or set 'design' to 'growth' or 'node'"
            )
    cohort = draw_cohort(settings, seed=seed)
    if settings.design == "growth":
        return _growth(cohort, settings, seed=seed, survival=survival, folder=folder, oracle=oracle)
    if settings.design == "node":
        if survival is not None:
            raise ConfigError(
                "--survival: slides of the design 'node' have no follow-up; leave it out, or set "
                "'design' to 'tumour' or 'growth'"
            )
        return _node(cohort, folder=folder)
    return _tumour(cohort, settings, seed=seed, survival=survival, folder=folder)


def write_tables(
    tables: Tables, manifest: Path, *, latents: Path | None = None, oracle: Path | None = None
) -> None:
    """Write the manifest, and what it keeps back where paths are given."""
    from histopress.store import atomic, write_csv, write_json

    if latents is not None:
        with atomic(latents) as temporary:
            write_csv(temporary, tables.latents, tables.latent_columns)
    if oracle is not None:
        with atomic(oracle) as temporary:
            write_json(temporary, tables.oracle)
    with atomic(manifest) as temporary:
        write_csv(temporary, tables.rows, tables.columns)


def _tumour(
    cohort: Sequence["PhantomSlide"],
    settings: "PhantomSettings",
    *,
    seed: int,
    survival: str | None,
    folder: str,
) -> Tables:
    from histopress.cli.settings import read_settings
    from histopress.simulate.phantom_slides import MANIFEST_COLUMNS, manifest_rows
    from histopress.simulate.phantom_truth import COLUMNS, measure_fractions, truth_rows
    from histopress.simulate.settings import SurvivalSettings

    if survival is None:
        return Tables(rows=manifest_rows(cohort, folder=folder), columns=MANIFEST_COLUMNS)
    law = read_settings(SurvivalSettings, survival, verb=VERB)
    fractions = measure_fractions(cohort, settings=settings, seed=seed)
    rows = truth_rows(cohort, fractions, settings=settings, survival=law, seed=seed, folder=folder)
    return Tables(rows=rows, columns=COLUMNS)


def _growth(
    cohort: Sequence["PhantomSlide"],
    settings: "PhantomSettings",
    *,
    seed: int,
    survival: str | None,
    folder: str,
    oracle: bool,
) -> Tables:
    from histopress.cli.settings import read_settings
    from histopress.simulate import labels
    from histopress.simulate.latents import MitosisLaw, draw_latents
    from histopress.simulate.oracle import growth_oracle
    from histopress.simulate.settings import GrowthSurvivalSettings

    law = read_settings(GrowthSurvivalSettings, survival, verb=VERB)
    latents = draw_latents(cohort, settings=settings, survival=law, seed=seed)
    best = None
    if oracle:
        best = growth_oracle(
            latents,
            law=MitosisLaw.of(settings),
            survival=law,
            seed=seed,
            tumour_mm2=labels.measure_tumour_mm2(cohort, settings=settings, seed=seed),
        )
    return Tables(
        rows=labels.growth_rows(cohort, latents, folder=folder),
        columns=labels.GROWTH_COLUMNS,
        latents=labels.growth_latents(latents),
        latent_columns=labels.GROWTH_LATENTS,
        oracle=best,
    )


def _node(cohort: Sequence["PhantomSlide"], *, folder: str) -> Tables:
    from histopress.simulate import labels

    return Tables(
        rows=labels.node_rows(cohort, folder=folder),
        columns=labels.NODE_COLUMNS,
        latents=labels.node_latents(cohort),
        latent_columns=labels.NODE_LATENTS,
        # The label is a function of the diameter.
        oracle={"metastasis": {"metric": "auc", "chance": 0.5, "cohort": 1.0, "expected": 1.0}},
    )
