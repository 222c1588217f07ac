import pytest

from histopress.errors import ConfigError
from histopress.patches.asap import read_asap

SQUARE = [(0, 0), (10, 0), (10, 10.5), (0, 10)]


def annotation(group, kind="Polygon", points=SQUARE, order=True):
    lines = [
        "<Coordinate " + (f'Order="{place}" ' if order else "") + f'X="{x}" Y="{y}" />'
        for place, (x, y) in enumerate(points)
    ]
    return (
        f'<Annotation Name="Annotation 0" Type="{kind}" PartOfGroup="{group}" Color="#F4FA58">'
        f"<Coordinates>{''.join(lines)}</Coordinates></Annotation>"
    )


def document(*annotations, before=""):
    groups = '<Group Name="Tumor" PartOfGroup="None" Color="#00ff00"><Attributes /></Group>'
    return (
        f'<?xml version="1.0"?>{before}<ASAP_Annotations><Annotations>{"".join(annotations)}'
        f"</Annotations><AnnotationGroups>{groups}</AnnotationGroups></ASAP_Annotations>"
    )


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "a.xml"
        path.write_text(content, encoding="utf-8")
        return read_asap(path)

    return write_and_read


@pytest.mark.parametrize("kind", ["Polygon", "Rectangle", "Spline"])
def test_areas_are_read(read, kind):
    (region,) = read(document(annotation("Tumor", kind))).regions
    assert region.label == "Tumor"
    assert region.exterior.tolist() == [list(point) for point in SQUARE]
    assert region.holes == ()


def test_groups_of_camelyon_are_plain_labels(read):
    names = ["_0", "_1", "_2", "Tumor", "Exclusion", "metastases", "normal"]
    found = read(document(*[annotation(name) for name in names])).regions
    assert [region.label for region in found] == names


def test_points_come_in_the_order_that_the_file_tells(read):
    """Ten and more: 10 comes after 9, not after 1."""
    points = [(place, place**2) for place in range(12)]
    lines = annotation("Tumor", points=points).split("<Coordinate ")
    head, tail = lines[0], lines[1:]
    tail[-1], end = tail[-1].split("</Coordinates>")
    shuffled = "<Coordinate ".join([head, *tail[::-1]]) + "</Coordinates>" + end
    assert read(document(shuffled)).regions[0].exterior.tolist() == [list(p) for p in points]


def test_without_order_the_order_of_the_file_counts(read):
    found = read(document(annotation("Tumor", order=False))).regions[0]
    assert found.exterior.tolist() == [list(point) for point in SQUARE]


def test_what_is_skipped_is_counted(read):
    drawing = read(
        document(
            annotation("Tumor"),
            annotation("Tumor", "Dot", [(1, 2)]),
            annotation("None"),
            annotation(""),
            annotation("Tumor", "PointSet"),
        )
    )
    assert len(drawing.regions) == 1
    assert drawing.skipped == {"shapes that are no area": 2, "shapes without a class": 2}


def test_a_document_type_is_refused_before_it_does_harm(read, tmp_path):
    """Entities would read other files, or grow without end."""
    (tmp_path / "secret.txt").write_text("Tumor")
    entity = f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{tmp_path}/secret.txt">]>'
    with pytest.raises(ConfigError, match="a.xml: declares a document type"):
        read(document(annotation("Tumor"), before=entity))
    tenfold = {n: f"&l{n - 1};" * 10 for n in range(1, 12)}
    laughs = "".join(f'<!ENTITY l{n} "{text}">' for n, text in tenfold.items())
    with pytest.raises(ConfigError, match="declares a document type"):
        read(document(annotation("&l11;"), before=f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>'))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "is not XML"),
        ("", "is not XML"),
        (document(annotation("Tumor"))[:-20], "is not XML"),
        ("<Annotations><Annotation /></Annotations>", "begins with <Annotations>"),
        (document(), r"no area is in a group \(no annotation\)"),
        (document(annotation("None")), r"no area is in a group \(1 shapes without a class\)"),
        (
            document(annotation("normal"), annotation("Tumor", points=SQUARE[:2])),
            r"annotation 2 \('Annotation 0', Tumor\): has 2 different corners",
        ),
        (document(annotation("Tumor", points=[("1,5", 2), (3, 4), (5, 6)])), "decimal point"),
        (document(annotation("Tumor", points=[("", 2), (3, 4), (5, 6)])), "must be numbers"),
        (document(annotation("Tumor", points=[("inf", 2), (3, 4), (5, 6)])), "not a finite"),
    ],
)
def test_faults_name_the_file_and_what_is_wrong(read, content, words):
    with pytest.raises(ConfigError, match=f"a.xml: .*{words}"):
        read(content)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none.xml: cannot be read \(No such file"):
        read_asap(tmp_path / "none.xml")
