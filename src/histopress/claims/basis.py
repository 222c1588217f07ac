"""All that verdicts rest on, named in one place.

``histopress claim`` has a module of the command line for each kind of claim, and what these import
is no part of the digest of its code. It imports this module for that digest alone: a change of
anything named here makes verdicts stale.
"""

from histopress.claims import (
    averages,
    class_map,
    contrast,
    covariance,
    figures,
    inclusion,
    latents,
    overlap,
    paired,
    result,
    rounding,
    separation,
    sizes,
    task_count,
)
from histopress.cohort import content
from histopress.cohort.splitting import protocols
from histopress.compress import slide
from histopress.evaluate import calibration, cross_validation, fusion, judge, predictions, runs
from histopress.explain import maps
from histopress.learn import stored
from histopress.simulate import phantom, phantom_slides

__all__ = [
    "averages",
    "calibration",
    "class_map",
    "content",
    "contrast",
    "covariance",
    "cross_validation",
    "figures",
    "fusion",
    "inclusion",
    "judge",
    "latents",
    "maps",
    "overlap",
    "paired",
    "phantom",
    "phantom_slides",
    "predictions",
    "protocols",
    "result",
    "rounding",
    "runs",
    "separation",
    "sizes",
    "slide",
    "stored",
    "task_count",
]
