import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.settings import CollageSettings


@pytest.mark.parametrize("cls", [PhantomSettings, CollageSettings])
def test_defaults_survive_json(cls):
    adapter = TypeAdapter(cls)
    assert adapter.validate_json(adapter.dump_json(cls())) == cls()


@pytest.mark.parametrize("cls", [PhantomSettings, CollageSettings])
def test_every_field_is_described(cls):
    for name, field in TypeAdapter(cls).json_schema()["properties"].items():
        assert field.get("description", "").endswith("."), name


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (PhantomSettings, {"tumour_fraction": [0.3, 0.1]}, "give the lower value first"),
        (PhantomSettings, {"size_px": 100}, "greater than or equal to 512"),
        (PhantomSettings, {"sizes": 100}, "sizes"),
        (CollageSettings, {"negative_classes": ["tumour"]}, "both positive and negative"),
        (CollageSettings, {"tiles_per_slide": [9, 3]}, "give the lower value first"),
    ],
)
def test_refuses(cls, values, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(cls).validate_python(values)
