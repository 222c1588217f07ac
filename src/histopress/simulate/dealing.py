"""Which slide takes which tiles: each file once, near-duplicates to one patient."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from histopress.errors import ConfigError
from histopress.seeds import generator
from histopress.simulate.phantom_slides import patient_series
from histopress.simulate.settings import CollageSettings
from histopress.simulate.tiles import TileFile, group_duplicates

PURPOSE = "collage"


@dataclass(frozen=True, kw_only=True)
class Demand:
    """How many tiles of each label a slide takes."""

    slide_id: str
    patient_id: str
    positives: int
    negatives: int


def draw_demands(settings: CollageSettings, *, seed: int) -> tuple[Demand, ...]:
    """Name the slides of a cohort and draw how many tiles each takes."""
    demands = []
    for patient in patient_series(
        settings.n_patients,
        n_centers=1,
        prevalence=settings.prevalence,
        slides=settings.slides_per_patient,
    ):
        for letter in ascii_lowercase[: patient.slides]:
            slide_id = f"{PURPOSE}-{patient.number:04d}-{letter}"
            rng = generator(seed, PURPOSE, slide_id, "demand")
            low, high = settings.tiles_per_slide
            total = int(rng.integers(low, high + 1))
            share = rng.uniform(*settings.positive_fraction)
            positives = min(max(round(share * total), 1), total) if patient.tumour else 0
            demands.append(
                Demand(
                    slide_id=slide_id,
                    patient_id=f"C{patient.number:04d}",
                    positives=positives,
                    negatives=total - positives,
                )
            )
    return tuple(demands)


def deal_tiles(
    tiles: Sequence[TileFile],
    demands: Sequence[Demand],
    settings: CollageSettings,
    *,
    seed: int,
) -> Iterator[tuple[Demand, list[TileFile], list[TileFile]]]:
    """Yield each demand with its positive and its negative tiles.

    Groups of near-duplicates are shuffled and dealt in the order of the demands, so that a longer
    cohort deals its beginning alike. A group belongs to the first patient who takes one of it,
    whatever its label; what another patient would have got of it stays unused.

    Raises
    ------
    ConfigError
        The tiles are too few; the message gives the numbers.
    """
    groups = group_duplicates(tiles, settings.duplicate_bits)
    rank = generator(seed, PURPOSE, "deal").permutation(len(set(groups)))
    order = sorted(range(len(tiles)), key=lambda index: (rank[groups[index]], tiles[index].file))
    owners: dict[int, str] = {}
    piles = {}
    for label, classes in (
        ("positive", settings.positive_classes),
        ("negative", settings.negative_classes),
    ):
        pile = [(groups[index], tiles[index]) for index in order]
        piles[label] = _Pile(
            label,
            [(group, tile) for group, tile in pile if tile.class_name in classes],
            wanted=sum(getattr(demand, f"{label}s") for demand in demands),
            owners=owners,
        )
    for demand in demands:
        positives = piles["positive"].take(demand.positives, demand.patient_id)
        yield demand, positives, piles["negative"].take(demand.negatives, demand.patient_id)


class _Pile:
    """Shuffled tiles of one label; both piles share who owns which group."""

    def __init__(
        self,
        label: str,
        tiles: Sequence[tuple[int, TileFile]],
        *,
        wanted: int,
        owners: dict[int, str],
    ) -> None:
        self.label, self.size, self.wanted, self.owners = label, len(tiles), wanted, owners
        self.rest = iter(tiles)

    def take(self, count: int, patient_id: str) -> list[TileFile]:
        """Take the next tiles whose group is free or the patient's own."""
        hand: list[TileFile] = []
        while len(hand) < count:
            group, tile = next(self.rest, (-1, None))
            if tile is None:
                raise ConfigError(
                    f"too few {self.label} tiles: the collage takes {self.wanted}, the folder "
                    f"gives {self.size} (less near-duplicates that would serve a second patient);"
                    " lower 'n_patients', 'slides_per_patient' or 'tiles_per_slide', or add tiles"
                )
            if self.owners.setdefault(group, patient_id) == patient_id:
                hand.append(tile)
        return hand
