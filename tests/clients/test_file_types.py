import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from clients.file_types import (
    MEDIA_TYPES,
    FileTypeRefused,
    claimed_extension,
    extension_for,
    image_size,
)


def picture(kind, size=(3, 2)):
    content = io.BytesIO()
    Image.new("RGB", size).save(content, kind)
    return content.getvalue()


def archive(*names, mimetype=""):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        if mimetype:
            opened.writestr("mimetype", mimetype)
        for name in names:
            opened.writestr(name, "x")
    return content.getvalue()


def office(folder):
    return archive("[Content_Types].xml", "_rels/.rels", f"{folder}/document.xml")


def open_document(kind):
    return archive("content.xml", mimetype=f"application/vnd.oasis.opendocument.{kind}")


def old_office(stream):
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(2**20 - 8, b"\0")
    return header + f"{stream}\0".encode("utf-16-le") + b"\0" * 512


GENUINE = {
    "png": picture("PNG"),
    "jpg": picture("JPEG"),
    "gif": picture("GIF"),
    "webp": picture("WEBP"),
    "tiff": picture("TIFF"),
    "psd": b"8BPS\0\1" + b"\0" * 30,
    "ai": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "pdf": b"%PDF-1.7\n\x8f\n1 0 obj",
    "doc": old_office("WordDocument"),
    "xls": old_office("Workbook"),
    "ppt": old_office("PowerPoint Document"),
    "docx": office("word"),
    "xlsx": office("xl"),
    "pptx": office("ppt"),
    "odt": open_document("text"),
    "ods": open_document("spreadsheet"),
    "odp": open_document("presentation"),
    "zip": archive("a.txt"),
    "txt": "Grüße".encode(),
    "csv": "Name;Straße\n".encode("cp1252"),
    "xml": b'\xef\xbb\xbf<?xml version="1.0"?><Invoice/>',
}
# One content may rightly have several names.
SHARED = {
    ("pdf", "ai"), ("docx", "zip"), ("xlsx", "zip"), ("pptx", "zip"), ("odt", "zip"),
    ("ods", "zip"), ("odp", "zip"), ("txt", "csv"), ("csv", "txt"), ("xml", "txt"), ("xml", "csv"),
}  # fmt: skip


def judged(name, content):
    return extension_for(name, io.BytesIO(content))


def test_every_type_of_the_list_has_an_example():
    assert set(GENUINE) == set(MEDIA_TYPES)


@pytest.mark.parametrize("extension", GENUINE)
def test_a_file_of_the_list_is_accepted(extension):
    assert judged(f"A.{extension.upper()}", GENUINE[extension]) == extension


@pytest.mark.parametrize("actual", GENUINE)
@pytest.mark.parametrize("claimed", GENUINE)
def test_a_name_that_claims_another_type_is_refused(actual, claimed):
    if actual == claimed or (actual, claimed) in SHARED:
        assert judged(f"a.{claimed}", GENUINE[actual]) == claimed
    else:
        with pytest.raises(FileTypeRefused):
            judged(f"a.{claimed}", GENUINE[actual])


@pytest.mark.parametrize("extension", sorted(set(GENUINE) - {"ai", "csv"}))
def test_without_an_extension_the_content_decides(extension):
    assert judged("scan", GENUINE[extension]) == extension


@pytest.mark.parametrize(
    "name",
    ["a.html", "a.svg", "a.exe", "a.php", "a.pdf.html", "a.html.", "a.html . ", ".htaccess", "a.7"],
)
@pytest.mark.parametrize("content", [GENUINE["txt"], GENUINE["pdf"], GENUINE["png"]])
def test_a_name_that_is_not_on_the_list_is_refused(name, content):
    with pytest.raises(FileTypeRefused, match=r"Send one of: png, jpg, "):
        judged(name, content)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"\xef\xbb\xbf \n<!DOCTYPE  html>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><!-- x --><svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><a><x:script xmlns:x="http://www.w3.org/1999/xhtml"/></a>',
        b'<?xml version="1.0"?><?xml-stylesheet href="evil.xsl"?><a/>',
        b"<?php phpinfo();",
        "\ufeff<html>".encode("utf-16-le"),
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01\x01\x00",
        b"",
        b" \n",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.xml", "a.csv", "a"])
def test_what_runs_is_refused_under_any_name(name, content):
    with pytest.raises(FileTypeRefused):
        judged(name, content)


def test_text_that_speaks_of_markup_is_text():
    assert judged("notes.txt", b"Write <script> into the <html> page.") == "txt"


def test_an_archive_whose_list_of_names_is_too_long_is_no_document():
    names = [f"{n:0200}" for n in range(5000)]

    assert judged("a.zip", archive("[Content_Types].xml", "word/a.xml", *names)) == "zip"
    with pytest.raises(FileTypeRefused):
        judged("a.docx", archive("[Content_Types].xml", "word/a.xml", *names))


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.JPEG", "jpg"), ("a.tif", "tiff"), ("a.b.Pdf", "pdf"), ("a", ""), ("", ""), ("a.", "")],
)
def test_an_extension_has_one_spelling(name, extension):
    assert claimed_extension(name) == extension


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF"])
def test_an_image_tells_its_size(kind):
    assert image_size(io.BytesIO(picture(kind, (30, 20)))) == (30, 20)


def test_a_decompression_bomb_is_not_opened():
    small = bytearray(picture("GIF"))
    small[6:10] = b"\xff\xff\xff\xff"

    assert image_size(io.BytesIO(bytes(small))) == (0, 0)


# Pillow warns of damaged TIFFs, and tells what it can.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(GENUINE)), st.randoms(use_true_random=False))
def test_damaged_files_are_judged_without_a_crash(extension, random):
    content = bytearray(GENUINE[extension][:4096])
    for _ in range(random.randint(1, 8)):
        content[random.randrange(len(content))] = random.randrange(256)
    content = content[: random.randint(0, len(content))]

    with suppress(FileTypeRefused):
        judged(f"a.{extension}", bytes(content))
    width, height = image_size(io.BytesIO(bytes(content)))

    assert width >= 0
    assert height >= 0
