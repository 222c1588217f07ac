"""The negative Cox partial log-likelihood, of a whole cohort and of sampled risk sets.

Conventions
-----------
Orientation
    A higher risk score is a higher hazard, hence an earlier event.
Censoring
    ``events`` is true where the event was observed (the reverse of CLAM's ``censorship``). A
    patient censored at the time of an event is still at risk then: t_j ≥ t_i.
Ties
    Events at the same time follow Efron (1977). With one event at every time this is Cox's
    formula.
Average
    Over events, as in neural image compression; an event with nobody else at risk counts and
    adds zero.
Undefined
    Without an event there is no likelihood. That is an error, not a loss of zero: a zero would
    be the lowest loss of all and win every comparison of epochs.

Scores that are not finite give a loss that is not finite; training refuses it.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from histopress.errors import ConfigError


def cox_loss(
    risks: Float[Tensor, " patients"],
    times: Float[Tensor, " patients"],
    events: Bool[Tensor, " patients"],
    *,
    strata: Int[Tensor, " patients"] | None = None,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, ""]:
    """Give the loss of a cohort that is one risk set, per event, in nats.

    −(1/n_events) Σ over times t [Σ_{i ∈ D_t} f_i − Σ_{l < d} log(Σ_{t_j ≥ t} exp f_j −
    l/d Σ_{j ∈ D_t} exp f_j)], where D_t are the d events at t (Cox 1972; ties: Efron, The
    efficiency of Cox's likelihood function, 1977).

    Every event is held against every patient, without sorting or scattering, hence
    deterministically on every device, at a memory of about 45·n_events·n bytes. Logarithms of
    sums are taken about their largest term, so any finite score has a finite loss.

    Parameters
    ----------
    risks : float tensor (patients,)
        Log-hazard f of each patient, one entry a patient. Only differences matter.
    times : float tensor (patients,)
        Time of event or censoring, any unit. Compared as given: times that shall tie must be
        equal in their own precision.
    events : bool tensor (patients,)
        True where the event was observed.
    strata : int tensor (patients,) or None
        Patients are compared within a stratum only (such as a centre), each with a baseline
        hazard of its own.
    dtype : torch.dtype
        Precision of the arithmetic and of the loss. Gradients come back in that of ``risks``.

    Raises
    ------
    ConfigError
        There is no event.
    ValueError
        Shapes differ or are not one-dimensional, or ``events`` is not boolean.

    Examples
    --------
    >>> times, events = torch.tensor([1.0, 2.0]), torch.tensor([True, False])
    >>> round(cox_loss(torch.zeros(2), times, events).item(), 4)
    0.6931
    """
    _check(risks, times, events, strata)
    f = risks.to(dtype)
    case = torch.nonzero(events).flatten()
    at_risk = times >= times[case, None]
    dying = events & (times == times[case, None])
    if strata is not None:
        together = strata == strata[case, None]
        at_risk, dying = at_risk & together, dying & together
    all_at_risk, all_dying = _log_sum(f, at_risk), _log_sum(f, dying)
    share = _rank_within(dying, case).to(dtype) / dying.sum(1)
    # The share is at most 1 − 1/d and the ratio at most 1, so the logarithm stays finite.
    ratio = torch.exp(all_dying - all_at_risk)
    return (all_at_risk + torch.log1p(-share * ratio) - f[case]).mean()


def sampled_cox_loss(
    risks: Float[Tensor, "cases entries"],
    present: Bool[Tensor, "cases entries"],
    *,
    dtype: torch.dtype = torch.float64,
) -> Float[Tensor, ""]:
    """Give the loss of events that each have a sampled risk set, per event, in nats.

    Mean over events of log Σ_{j ∈ set} exp f_j − f_case: the conditional likelihood of a nested
    case-control study, whose maximum estimates the hazard ratio of the whole cohort (Thomas
    1977; Goldstein & Langholz, Annals of Statistics 1992). With m controls it starts at
    log(1 + m), whereas that of the cohort starts at the logarithm of its size: the two losses
    are not comparable. Sets come from :func:`histopress.learn.risk_sets.sample_risk_sets`,
    which deals with ties.

    Parameters
    ----------
    risks : float tensor (cases, 1 + controls)
        Log-hazards, the case in the first column.
    present : bool tensor (cases, 1 + controls)
        False where fewer controls were at risk than asked for; these entries have no weight
        and no gradient.
    dtype : torch.dtype
        Precision of the arithmetic and of the loss.

    Raises
    ------
    ConfigError
        There is no event.
    ValueError
        Shapes differ, ``present`` is not boolean, or a case is absent from its set.
    """
    if risks.ndim != 2 or risks.shape != present.shape or present.dtype != torch.bool:
        raise ValueError(
            f"risks {tuple(risks.shape)} and present {tuple(present.shape)}, {present.dtype}: "
            "must be (cases, 1 + controls) alike, present boolean"
        )
    if not len(risks):
        raise ConfigError("no event in the batch, so the Cox loss is undefined; draw more cases")
    if not present[:, 0].all():
        raise ValueError("a case is absent from its own risk set; the first column is the case")
    # An absent score may be anything, such as NaN; it must not reach the gradient.
    f = risks.to(dtype).masked_fill(~present, -torch.inf)
    return (torch.logsumexp(f, 1) - f[:, 0]).mean()


def _log_sum(
    f: Float[Tensor, " patients"], members: Bool[Tensor, "cases patients"]
) -> Float[Tensor, " cases"]:
    """Give log Σ exp f over the members of each row, of which there is at least one."""
    return torch.logsumexp(f.masked_fill(~members, -torch.inf), 1)


def _rank_within(
    dying: Bool[Tensor, "cases patients"], case: Int[Tensor, " cases"]
) -> Int[Tensor, " cases"]:
    """Count the events tied with each event that stand before it: 0 … d − 1."""
    before = torch.arange(dying.shape[1], device=dying.device) < case[:, None]
    return (dying & before).sum(1)


def _check(risks: Tensor, times: Tensor, events: Tensor, strata: Tensor | None) -> None:
    """Refuse what broadcasting or a cast would take in silence."""
    given = {"risks": risks, "times": times, "events": events}
    if strata is not None:
        given["strata"] = strata
    shapes = {name: tuple(each.shape) for name, each in given.items()}
    if risks.ndim != 1 or len(set(shapes.values())) != 1:
        raise ValueError(f"{shapes}: all must be (patients,) alike")
    if events.dtype != torch.bool:
        raise ValueError(
            f"events are {events.dtype}; must be boolean, true where the event was observed "
            "(where 1 means censored, give censorship == 0)"
        )
    if not events.any():
        raise ConfigError(
            f"no event among {len(events)} patients, so the Cox loss is undefined; use fewer "
            "folds or a longer follow-up"
        )
