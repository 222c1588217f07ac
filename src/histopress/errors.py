"""The exceptions of histopress, drawn.

::

    HistopressError            a person can act on the message; no traceback is shown
    ├── ConfigError            a key of the configuration or a setting of a verb
    ├── ManifestError          rows of the manifest; lists every fault found
    ├── SlideError             one slide, whatever its cause
    │   ├── SlideFault         a fact of the slide itself: it may be quarantined
    │   │   ├── UnreadableSlide
    │   │   ├── SpacingFault
    │   │   └── NoTissue
    │   └── SlideMissing       the file is not where the manifest says
    ├── EncoderError           weights or card that do not fit or were altered
    ├── StoreError             a file of ours that is missing, foreign or from another schema
    ├── LeakError              a patient on both sides of a split
    ├── SignatureError         a signature that is not by a trusted key, or over something else
    └── StaleCodeError         the package changed after the workflow was planned

Each message says what, where, the value, what is allowed and what to do next.
"""

from collections.abc import Sequence


class HistopressError(Exception):
    """Base of all errors that a user can act on."""


class ConfigError(HistopressError):
    """The configuration, or the settings of one verb, cannot be used."""


class ManifestError(HistopressError):
    """The manifest cannot be used.

    Parameters
    ----------
    faults : sequence of str
        Every fault found, one message each.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class SlideError(HistopressError):
    """One slide cannot be processed."""


class SlideFault(SlideError):
    """A fact of the slide itself; ``on_bad_slide: quarantine`` excludes the slide for it."""


class UnreadableSlide(SlideFault):
    """OpenSlide cannot open or read the file."""


class SpacingFault(SlideFault):
    """The spacing is missing, implausible, anisotropic or contradicts the objective."""


class NoTissue(SlideFault):
    """No tile of the slide holds enough tissue."""


class SlideMissing(SlideError):
    """The slide's file does not exist."""


class EncoderError(HistopressError):
    """Weights or card of an encoder do not fit, or the weights were altered."""


class StoreError(HistopressError):
    """A file written by histopress is missing, foreign or of another schema."""


class LeakError(HistopressError):
    """Information of test patients would reach training."""


class SignatureError(HistopressError):
    """A signature is not by a trusted key, or over something else."""


class StaleCodeError(HistopressError):
    """The code that a job runs is not the code that the workflow was planned with."""
