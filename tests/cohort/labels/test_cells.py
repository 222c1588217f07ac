import pytest

from histopress.cohort.labels.cells import event_of, is_missing, number_of, time_of


@pytest.mark.parametrize("cell", ["", "NA", "nan", "N/A", "#N/A", "Unknown", "[Not Available]"])
def test_missing_words(cell: str) -> None:
    assert is_missing(cell)


@pytest.mark.parametrize("cell", ["0", "none", "negative", "unknown primary"])
def test_labels_that_only_look_missing(cell: str) -> None:
    assert not is_missing(cell)


@pytest.mark.parametrize("cell", ["1_000", "inf", "nan", "0x1", "1 2", "", "1e999", "١"])
def test_what_python_reads_and_no_table_means_is_no_number(cell: str) -> None:
    with pytest.raises(ValueError):
        number_of(cell)


def test_numbers() -> None:
    assert [number_of(cell) for cell in ("+1", "-.5", "3.", "1e-3")] == [1.0, -0.5, 3.0, 0.001]
    with pytest.raises(ValueError, match="decimal point"):
        number_of("3,5")


def test_times_begin_at_zero() -> None:
    assert time_of("0.0") == 0
    with pytest.raises(ValueError, match="negative"):
        time_of("-0.1")


@pytest.mark.parametrize(
    ("cell", "coding", "event"),
    [
        ("1", "event", True),
        ("0.0", "event", False),
        ("1", "censorship", False),
        ("0", "censorship", True),
        ("1.0", "censorship", False),
        ("1:DECEASED", "event", True),
        ("0:LIVING", "event", False),
        ("1:DECEASED", "censorship", True),
        ("Living", "event", False),
        ("1:Recurred/Progressed", "event", True),
        ("0:ALIVE OR DEAD TUMOR FREE", "event", False),
        ("1:something new", "event", True),
    ],
)
def test_codings_of_events(cell: str, coding: str, event: bool) -> None:
    assert event_of(cell, coding) is event  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["2", "yes", "0.5", "-1", "2:DECEASED"])
def test_what_is_no_event_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="is not 0 or 1"):
        event_of(cell, "event")


@pytest.mark.parametrize("cell", ["1:LIVING", "0:DECEASED"])
def test_a_status_that_contradicts_itself_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="contradicts itself"):
        event_of(cell, "event")
