import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.cohort.splitting.settings import (
    EnsembleProtocol,
    FixedProtocol,
    ProtocolSettings,
    RotationProtocol,
)

ADAPTER: TypeAdapter[object] = TypeAdapter(ProtocolSettings)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, RotationProtocol()),
        ({"folds": 3}, RotationProtocol(folds=3)),
        ({"kind": "rotation", "repeats": 5}, RotationProtocol(repeats=5)),
        ({"kind": "fixed", "column": "part"}, FixedProtocol(column="part")),
        (RotationProtocol(folds=5), RotationProtocol(folds=5)),
    ],
)
def test_the_kind_may_be_left_out(values: object, expected: object) -> None:
    assert ADAPTER.validate_python(values) == expected


def test_an_ensemble_names_its_external_set() -> None:
    values = {"kind": "ensemble", "folds": 2, "external": {"column": "cohort", "values": ["test"]}}
    found = ADAPTER.validate_python(values)
    assert isinstance(found, EnsembleProtocol)
    assert found.external.values == ("test",)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"folds": 2}, "greater than or equal to 3"),
        ({"repeats": 51}, "less than or equal to 50"),
        ({"kind": "ensemble"}, "external"),
        ({"kind": "fixed"}, "column"),
        ({"kind": "table"}, "path"),
        ({"kind": "fixed", "column": "c", "validation_share": 0.6}, "less than or equal to 0.5"),
        ({"kind": "centres", "repeats": 2}, "repeats"),
        ({"kind": "bootstrap"}, "'rotation', 'ensemble', 'fixed', 'centres'"),
        ({"column": "part"}, "column"),
    ],
)
def test_what_is_no_protocol_is_refused(values: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ADAPTER.validate_python(values)


def test_the_schema_tells_the_kinds() -> None:
    schema = ADAPTER.json_schema()
    assert set(schema["discriminator"]["mapping"]) == {
        *("rotation", "ensemble", "fixed", "centres", "preserved-site", "table"),
    }
