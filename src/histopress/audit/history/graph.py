"""Which record made which bytes."""

from array import array
from collections.abc import Iterable, Iterator, Sequence

from histopress.audit.record import FileEntry
from histopress.audit.records import Record


class Graph:
    """Records by the digests and the paths of what they made.

    Of each record only its outputs' digests and paths are held, so a cohort's records need not
    fit into memory.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.places: list[str] = []
        """Files of the records, relative to the project."""
        self._numbers: dict[str, int] = {}
        self._faulty: set[int] = set()
        self._made: dict[bytes, tuple[int, ...]] = {}
        self._written: dict[str, tuple[tuple[int, bytes], ...]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Enter one record."""
        number = len(self.places)
        self.places.append(record.place)
        self._numbers[record.place] = number
        if record.fault is not None:
            self._faulty.add(number)
        for entry in record.outputs:
            digest = bytes.fromhex(entry.sha256)
            self._made[digest] = (*self._made.get(digest, ()), number)
            self._written[entry.path] = (*self._written.get(entry.path, ()), (number, digest))

    def number(self, place: str) -> int | None:
        """Give the number of the record with this file; None if there is none."""
        return self._numbers.get(place)

    def makers(self, sha256: str) -> tuple[int, ...]:
        """Numbers of the records whose job wrote these bytes."""
        return self._made.get(bytes.fromhex(sha256), ())

    def writers(self, path: str) -> tuple[int, ...]:
        """Numbers of the records whose job wrote a file of this path, whatever it held."""
        return tuple(number for number, _ in self._written.get(path, ()))

    def is_faulty(self, number: int) -> bool:
        """Whether record ``number`` is not as its job wrote it."""
        return number in self._faulty

    def maker(self, sha256: str, path: str) -> int | None:
        """Choose the record that a file of these bytes is from.

        Where several jobs wrote equal bytes: the one that wrote them to this path, else the first
        one; one that was altered only where there is no other.
        """
        here = self._writers_of(sha256, path)
        return min(
            self.makers(sha256),
            key=lambda number: (number in self._faulty, number not in here, number),
            default=None,
        )

    def was_replaced(self, sha256: str, path: str) -> bool:
        """Whether bytes that now stand at ``path`` were written there by a recorded job."""
        return bool(self._writers_of(sha256, path))

    def _writers_of(self, sha256: str, path: str) -> set[int]:
        """Numbers of the records whose job wrote these bytes to this path."""
        wanted = bytes.fromhex(sha256)
        return {number for number, digest in self._written.get(path, ()) if digest == wanted}

    def parents(self, record: Record) -> "array[int]":
        """Numbers of the records that ``record`` builds on, without repetition."""
        found = {self.parent(record, entry) for entry in record.inputs}
        return array("L", sorted(number for number in found if number is not None))

    def parent(self, record: Record, entry: FileEntry) -> int | None:
        """Find the record that made one input.

        The former version of an output can equal the output; no job is its own ancestor.
        """
        number = self.maker(entry.sha256, entry.path)
        itself = number is not None and self.places[number] == record.place
        return None if itself and record.replaces(entry) else number


def circular(parents: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield nodes that close a circle, at least one for each circle.

    No honest job can be among its own ancestors: its inputs' digests were known before.

    Parameters
    ----------
    parents : sequence of sequence of int
        For each node the nodes that it builds on.
    """
    fresh, open_, done = 0, 1, 2
    state = bytearray(len(parents))
    for start in range(len(parents)):
        if state[start] != fresh:
            continue
        state[start] = open_
        path = [(start, iter(parents[start]))]
        while path:
            node, rest = path[-1]
            following = next(rest, None)
            if following is None:
                state[node] = done
                path.pop()
            elif state[following] == open_:
                yield node
            elif state[following] == fresh:
                state[following] = open_
                path.append((following, iter(parents[following])))
