from histopress.slide.files import slide_files


def dicom(path, series: str) -> None:
    value = series.encode() + b"\0" * (len(series) % 2)
    element = b"\x20\x00\x0e\x00UI" + len(value).to_bytes(2, "little") + value
    path.write_bytes(b"\0" * 128 + b"DICM" + element + b"\x20\x00\x10\x00")


def test_most_slides_are_one_file(tmp_path):
    slide = tmp_path / "a.svs"
    (tmp_path / "b.svs").touch()
    assert slide_files(slide) == (slide,)


def test_mirax_is_a_file_and_its_folder(tmp_path):
    slide = tmp_path / "a.mrxs"
    (tmp_path / "a").mkdir()
    names = ["Slidedat.ini", "Data0000.dat", "Index.dat"]
    for name in names:
        (tmp_path / "a" / name).touch()
    (tmp_path / "b.mrxs").touch()
    assert set(slide_files(slide)) == {slide, *(tmp_path / "a" / name for name in names)}
    assert list(slide_files(slide)) == sorted(slide_files(slide))


def test_dicom_is_all_files_of_its_series(tmp_path):
    for name, series in {"a": "1.2.3", "b": "1.2.3", "c": "1.2.30", "d": "1.2.4"}.items():
        dicom(tmp_path / f"{name}.dcm", series)
    assert slide_files(tmp_path / "b.dcm") == (tmp_path / "a.dcm", tmp_path / "b.dcm")


def test_real_dicom_series_is_found(slides):
    folder = slides / "odd" / "dicom-ycbcr-as-rgb"
    any_file = folder / "level-3-frames-0-1.dcm"
    assert slide_files(any_file) == tuple(sorted(folder.glob("*.dcm")))
    assert len(slide_files(any_file)) == 12


def test_a_missing_file_is_still_named(tmp_path):
    assert slide_files(tmp_path / "gone.dcm") == (tmp_path / "gone.dcm",)
