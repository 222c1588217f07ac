from histopress.cohort.content import dividing_columns, labels_digest, people_digest
from histopress.cohort.manifest import read_manifest
from histopress.cohort.settings import ClassificationTarget
from histopress.cohort.splitting.settings import FixedProtocol, RotationProtocol
from histopress.cohort.targets import slide_labels

HEADER = "slide_id,patient_id,path,center,label,age"
ROWS = ("s1,p1,1.svs,A,0,50", "s2,p2,2.svs,A,1,60", "s3,p2,3.svs,B,,60")


def manifest(tmp_path, *rows, header=HEADER):
    place = tmp_path / "slides.csv"
    place.write_text("\n".join([header, *(rows or ROWS), ""]))
    return read_manifest(place, root=tmp_path, check_files=False)


def digest(found, columns=(), *, left_out=False):
    labels = slide_labels(found, "t", ClassificationTarget(kind="classification", column="label"),
                          seed=1)  # fmt: skip
    return labels_digest(found, labels, columns, left_out=left_out)


def test_a_column_counts_only_where_it_is_asked_for(tmp_path):
    before = manifest(tmp_path)
    older = manifest(tmp_path, *(row.replace(",60", ",61") for row in ROWS))
    assert digest(before) == digest(older)
    assert digest(before, ["age"]) != digest(older, ["age"])
    assert digest(before) == digest(manifest(tmp_path, *reversed(ROWS)))


def test_labels_patients_and_centres_count_always(tmp_path):
    before = digest(manifest(tmp_path))
    for old, new in ((",1,60", ",2,60"), ("s3,p2", "s3,p3"), (",B,", ",A,")):
        assert digest(manifest(tmp_path, *(row.replace(old, new) for row in ROWS))) != before


def test_people_count_with_their_order_only_if_asked(tmp_path):
    one, other = manifest(tmp_path), manifest(tmp_path, *reversed(ROWS))
    assert people_digest(one) == people_digest(other)
    assert people_digest(one, ordered=True) != people_digest(other, ordered=True)
    assert people_digest(one) != people_digest(manifest(tmp_path, *ROWS[:2]))


def test_a_protocol_names_the_columns_that_divide():
    assert dividing_columns(RotationProtocol(folds=3)) == []
    assert dividing_columns(FixedProtocol(column="part")) == ["part"]
