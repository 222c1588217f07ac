"""Whose convention a label table follows, and so which columns hold slide, patient and follow-up.

==============  =====================================  ==========================================
convention      key columns                            follow-up
==============  =====================================  ==========================================
CLAM            ``case_id, slide_id``                  ``survival_months, censorship`` (and
                                                       ``_dss``, ``_pfi``, …); 1 is *censored*
STAMP, CLINI    ``PATIENT``                            columns that the user names
STAMP, SLIDE    ``PATIENT, FILENAME``                  none
cBioPortal      ``PATIENT_ID``                         ``OS_MONTHS, OS_STATUS`` (and ``DFS_``,
                                                       ``DSS_``, ``PFS_``); ``1:DECEASED``
Patho-Bench     ``case_id, slide_id``                  ``OS_days, OS_event``; 1 is an event
own             ``patient_id, slide_id``               columns that the user names
==============  =====================================  ==========================================

cBioPortal's ``SAMPLE_ID`` is a sample of tissue, not a slide, and joins nothing here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from histopress.cohort.columns import ALIASES
from histopress.cohort.labels.cells import EventCoding
from histopress.cohort.labels.faults import listed
from histopress.cohort.labels.tables import LabelTable
from histopress.errors import ManifestError

Convention = Literal["clam", "stamp-clini", "stamp-slide", "cbioportal", "own"]
TimeUnit = Literal["days", "months", "years"]

_PATIENT = {name for name, meaning in ALIASES.items() if meaning == "patient_id"} | {"patient_id"}
_SLIDE = {name for name, meaning in ALIASES.items() if meaning == "slide_id"} | {"slide_id"}
_CONVENTIONS: Mapping[tuple[str | None, str | None], Convention] = {
    ("case_id", "slide_id"): "clam",
    ("PATIENT", None): "stamp-clini",
    ("PATIENT", "FILENAME"): "stamp-slide",
    ("PATIENT_ID", None): "cbioportal",
}


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Columns by which a table can be joined.

    Attributes
    ----------
    convention : str
    patient, slide : str or None
        Column names as the table writes them; one of them is there.
    """

    convention: Convention
    patient: str | None
    slide: str | None


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """Columns of one survival endpoint.

    Attributes
    ----------
    time, event : str
        Column names.
    unit : str
        Of the times.
    coding : str
        What 1 means in ``event``; words such as ``1:DECEASED`` speak for themselves.
    """

    time: str
    event: str
    unit: TimeUnit
    coding: EventCoding


def recognise(table: LabelTable) -> Keys:
    """Find the columns that name slide and patient.

    Raises
    ------
    ManifestError
        None of them, or two columns for one of them.

    Examples
    --------
    >>> table = LabelTable(name="t.csv", columns=("case_id", "slide_id", "label"), rows=())
    >>> recognise(table)
    Keys(convention='clam', patient='case_id', slide='slide_id')
    """
    patient = _only(table, _PATIENT, "the patient")
    slide = _only(table, _SLIDE, "the slide")
    if patient is None and slide is None:
        raise ManifestError(
            [
                (
                    f"{table.name}: no column names slide or patient; allowed are "
                    f"{listed(sorted(_SLIDE))} and {listed(sorted(_PATIENT))}; columns found: "
                    f"{listed(table.columns)}"
                )
            ]
        )
    convention = _CONVENTIONS.get((patient, slide), "own")
    return Keys(convention=convention, patient=patient, slide=slide)


def find_follow_up(table: LabelTable, endpoint: str = "os") -> FollowUp:
    """Find the columns of a survival endpoint by the names that other tools give them.

    Parameters
    ----------
    table : LabelTable
    endpoint : str
        ``os`` (overall survival), or ``dss``, ``pfi``, ``pfs``, ``dfs``, …: what the names of
        columns begin or end with.

    Raises
    ------
    ManifestError
        No such pair of columns, or pairs in two conventions.

    Examples
    --------
    >>> columns = ("case_id", "slide_id", "survival_months", "censorship")
    >>> find_follow_up(LabelTable(name="t.csv", columns=columns, rows=()))
    FollowUp(time='survival_months', event='censorship', unit='months', coding='censorship')
    """
    low, high = endpoint.lower(), endpoint.upper()
    suffix = "" if low == "os" else f"_{low}"
    known = (
        FollowUp(
            time=f"survival_months{suffix}",
            event=f"censorship{suffix}",
            unit="months",
            coding="censorship",
        ),
        FollowUp(time=f"{high}_MONTHS", event=f"{high}_STATUS", unit="months", coding="event"),
        FollowUp(time=f"{high}_days", event=f"{high}_event", unit="days", coding="event"),
    )
    found = [one for one in known if {one.time, one.event} <= set(table.columns)]
    if len(found) == 1:
        return found[0]
    pairs = " or ".join(f"'{one.time}' and '{one.event}'" for one in found or known)
    fault = "holds it twice, in" if found else "has no columns"
    raise ManifestError(
        [
            (
                f"{table.name}: endpoint '{low}': the table {fault} {pairs}; name columns of time "
                "and event, the unit of time, and what 1 means"
            )
        ]
    )


def coding_of(column: str) -> EventCoding:
    """Tell by its name what 1 means in an event column: ``censorship`` and the like are reversed.

    Examples
    --------
    >>> coding_of("censorship_dss"), coding_of("OS_event")
    ('censorship', 'event')
    """
    return "censorship" if column.casefold().startswith("censor") else "event"


def _only(table: LabelTable, names: set[str], what: str) -> str | None:
    found = [column for column in table.columns if column in names]
    if len(found) > 1:
        raise ManifestError(
            [f"{table.name}: {listed(found)} all name {what}; keep one, rename the others"]
        )
    return found[0] if found else None
