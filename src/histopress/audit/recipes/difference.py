"""Why did this number move: two results compared down to their sources.

Two jobs are compared field by field of their recipes. Where an input differs in bytes, the jobs
that made it are compared in turn. A *cause* is a field that somebody set: a setting, a seed, the
code, a file from outside. An input that differs because its maker's recipe differs is a
*consequence*. Inputs with equal bytes are not followed: whatever differs above them moved
nothing. Where several causes meet, only a replay can tell their shares apart.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from histopress.audit.recipes.changes import (
    ABSENT,
    Change,
    changes_between,
    circumstances,
    recipe_changes,
)
from histopress.audit.recipes.pairs import Entry, Maker, Record, paired_inputs
from histopress.store import canonical_json

FOLLOWING = frozenset({"content", "seeds"})
"""Fields of a recipe that nobody sets: what is taken from tables, and seeds that are derived."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A change that was not brought about by another.

    Attributes
    ----------
    change : Change
        Besides fields of the recipe: ``source`` (a file that no record made), ``unrecorded`` (as
        ``source``, but one of the two does have a record), ``input`` (given to one of the jobs
        alone), ``unexplained`` (equal recipes, other bytes), ``run`` (a circumstance).
    height : int
        Steps between here and the furthest source that differs; 0 is nearest to the sources.
    jobs : tuple of (str, str)
        The compared jobs at which it was met.
    """

    change: Change
    height: int
    jobs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """A compared pair of jobs whose inputs differ because of causes further up.

    ``roles`` maps a role to how many of its files differ.
    """

    jobs: tuple[str, str]
    height: int
    roles: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What differs between two results, sources first.

    ``facts`` are the numbers that moved (none for two verbs), ``outputs`` the outputs' digests by
    role, ``circumstances`` what differs outside the recipes (versions, threads, commit).
    """

    jobs: tuple[str, str]
    facts: tuple[Change, ...]
    outputs: tuple[Change, ...]
    causes: tuple[Cause, ...]
    consequences: tuple[Consequence, ...]
    circumstances: tuple[Cause, ...]


def job_name(record: Record) -> str:
    """Name a job by its verb and wildcards, such as ``train (fold 0, model mean)``."""
    recipe = record["recipe"]
    names = ", ".join(f"{name} {value}" for name, value in sorted(recipe["wildcards"].items()))
    return f"{recipe['verb']} ({names})" if names else str(recipe["verb"])


def difference(old: Record, new: Record, *, old_maker: Maker, new_maker: Maker) -> Difference:
    """Compare two results' records and, where inputs differ, those of their inputs.

    Parameters
    ----------
    old, new : mapping
        Parsed records.
    old_maker, new_maker : Maker
        Give the record of the job that wrote a file's bytes; one and the same when both results
        are of one project.
    """
    walk = _Walk(old_maker, new_maker)
    walk.compare(old, new)
    return Difference(
        jobs=(job_name(old), job_name(new)),
        facts=_moved(old, new),
        outputs=tuple(changes_between(_by_role(old), _by_role(new), kind="output")),
        causes=_sorted(walk.causes),
        consequences=tuple(sorted(walk.consequences, key=lambda found: (found.height, found.jobs))),
        circumstances=_sorted(walk.circumstances),
    )


Found = dict[str, Cause]


@dataclass
class _Walk:
    old_maker: Maker
    new_maker: Maker
    causes: Found = field(default_factory=dict)
    circumstances: Found = field(default_factory=dict)
    consequences: list[Consequence] = field(default_factory=list)
    _heights: dict[tuple[str, str], int] = field(default_factory=dict)

    def compare(self, old: Record, new: Record) -> int:
        """Compare two jobs once; gives their height."""
        key = (old["record_id"], new["record_id"])
        if key in self._heights:
            return self._heights[key]
        # A job that updates a file may have read what it wrote; such a circle ends here.
        self._heights[key] = 0
        jobs = (job_name(old), job_name(new))
        changes = recipe_changes(_deciding(old), _deciding(new))
        held = _held(old, new)
        comparable = old["recipe"]["verb"] == new["recipe"]["verb"]
        height, roles = 0, Counter[str]()
        for role, (left, right) in paired_inputs(old, new) if comparable else ():
            if left is None or right is None:
                changes.append(_unpaired(role, left, right))
            elif left["sha256"] != right["sha256"] and role not in held:
                roles[role] += 1
                height = max(height, 1 + self._follow(left, right, jobs))
        if roles:
            self.consequences.append(Consequence(jobs=jobs, height=height, roles=dict(roles)))
        elif not changes and not _same_outputs(old, new):
            changes.append(Change(kind="unexplained", key=(old["recipe"]["verb"],)))
        for change in changes:
            _note(self.causes, change, height, jobs)
        for change in circumstances(old, new):
            _note(self.circumstances, change, height, jobs)
        self._heights[key] = height
        return height

    def _follow(self, left: Entry, right: Entry, jobs: tuple[str, str]) -> int:
        before, after = self.old_maker(left), self.new_maker(right)
        if before is not None and after is not None:
            return self.compare(before, after)
        kind = "source" if before is after else "unrecorded"
        key = tuple(dict.fromkeys((left["path"], right["path"])))
        change = Change(kind=kind, key=key, old=left["sha256"], new=right["sha256"])
        _note(self.causes, change, 0, jobs)
        return 0


def _deciding(record: Record) -> Record:
    """Leave out of a recipe what follows from the rest of it and from the inputs."""
    recipe = {name: part for name, part in record["recipe"].items() if name not in FOLLOWING}
    return {**record, "recipe": recipe}


def _held(old: Record, new: Record) -> frozenset[str]:
    """Roles of tables from which both jobs took the same, whatever else these hold."""
    before, after = (record["recipe"].get("content", {}) for record in (old, new))
    return frozenset(role for role in before.keys() & after if before[role] == after[role])


def _moved(old: Record, new: Record) -> tuple[Change, ...]:
    if old["recipe"]["verb"] != new["recipe"]["verb"]:
        return ()
    return tuple(changes_between(old["facts"], new["facts"], kind="fact"))


def _same_outputs(old: Record, new: Record) -> bool:
    """Whether two jobs wrote the same bytes under each role."""
    return _by_role(old) == _by_role(new)


def _note(found: Found, change: Change, height: int, jobs: tuple[str, str]) -> None:
    """Enter a change; equal ones at several jobs are one cause, as near the sources as any."""
    name = canonical_json([change.kind, change.key, repr(change.old), repr(change.new)])
    former = found.get(name)
    found[name] = Cause(
        change=change,
        height=min(height, former.height) if former else height,
        jobs=tuple(dict.fromkeys((*(former.jobs if former else ()), jobs))),
    )


def _sorted(found: Found) -> tuple[Cause, ...]:
    """Put sources first; within a kind, what changed its value before what came or went."""

    def rank(one: Cause) -> tuple[int, str, bool, tuple[str, ...]]:
        change = one.change
        return one.height, change.kind, ABSENT in (change.old, change.new), change.key

    return tuple(sorted(found.values(), key=rank))


def _unpaired(role: str, left: Entry | None, right: Entry | None) -> Change:
    path = (left or right or {})["path"]
    return Change(
        kind="input",
        key=(role, path),
        old=left["sha256"] if left else ABSENT,
        new=right["sha256"] if right else ABSENT,
    )


def _by_role(record: Record) -> dict[str, str]:
    return {entry["role"]: entry["sha256"] for entry in record["outputs"]}
