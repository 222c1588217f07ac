"""Histories and findings as plain values, for JSON."""

from dataclasses import asdict
from typing import Any

from histopress.audit.findings import Finding
from histopress.audit.history.trace import Step, Trace


def finding_values(found: Finding) -> dict[str, Any]:
    """Give a finding as plain values for JSON."""
    return {**asdict(found), "state": str(found.state)}


def trace_values(found: Trace) -> dict[str, Any]:
    """Give a history as plain values for JSON."""
    return {
        "path": found.path,
        "sha256": found.sha256,
        "maker": found.maker,
        "origin": found.origin,
        "written": found.written,
        "also": list(found.also),
        "whole": found.is_whole,
        "unrecorded": [asdict(entry) for _, entry in found.unrecorded],
        "altered": {record.place: record.fault for record in found.altered},
        "circles": list(found.circles),
        "steps": [_step_values(step) for step in found.steps.values()],
    }


def _step_values(step: Step) -> dict[str, Any]:
    record = step.record
    return {
        "record": record.place,
        "fault": record.fault,
        "record_id": record.record_id,
        "recipe_id": record.recipe_id,
        "recipe": {name: part for name, part in record.recipe.items() if name != "inputs"},
        "facts": dict(record.facts),
        "run": dict(record.run),
        "outputs": [asdict(entry) for entry in record.outputs],
        "inputs": [
            {
                **asdict(link.entry),
                "maker": link.maker,
                "origin": link.origin,
                "rewritten": link.rewritten,
                "in_part": link.in_part,
            }
            for link in step.links
        ],
    }
