"""Whose slides a collage's are: centre and survival of each patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from histopress.seeds import generator
from histopress.simulate.dealing import PURPOSE
from histopress.simulate.follow_up import FollowUp, FractionLaw, draw_follow_up
from histopress.simulate.phantom_slides import center_name
from histopress.simulate.settings import CollageSettings


@dataclass(frozen=True, kw_only=True)
class CollagePatient:
    """Where a patient comes from and what becomes of them.

    The centre changes neither slides nor survival; survival follows the tumour fraction by the
    law of :mod:`histopress.simulate.follow_up`.
    """

    center: str
    follow_up: FollowUp


def draw_patients(
    fractions: Mapping[str, Sequence[float]], settings: CollageSettings, *, seed: int
) -> dict[str, CollagePatient]:
    """Draw each patient from the seed, the patient's id and the patient's own slides.

    Parameters
    ----------
    fractions : mapping of str to sequence of float
        Tumour fractions of each patient's slides, at least one.
    settings : CollageSettings
        Centres, law of fractions, law of survival.
    seed : int
        The run's seed.
    """
    low, high = settings.positive_fraction
    law = FractionLaw(prevalence=settings.prevalence, low=low, high=high)
    patients = {}
    for patient, found in fractions.items():
        place = int(generator(seed, PURPOSE, patient, "center").integers(settings.n_centers))
        patients[patient] = CollagePatient(
            center=center_name(place, settings.n_centers),
            follow_up=draw_follow_up(
                generator(seed, PURPOSE, patient, "follow-up"),
                sum(found) / len(found),
                law=law,
                settings=settings.survival,
            ),
        )
    return patients
