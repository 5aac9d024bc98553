"""Workbooks: one part of an XLSX package is anything at all, or the package itself is."""

from __future__ import annotations

import zipfile

from benchmarks.fuzzing import tables

LONGEST = 2048
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_PARTS = {
    "xl/worksheets/sheet1.xml": f'<worksheet {_MAIN}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>'
    '<c r="B1" t="inlineStr"><is><t>answer</t></is></c></row><row r="2"><c r="A2" t="str"><f>A9</f>'
    '<v>Why?</v></c><c r="B2" s="1"><v>45000.5</v></c></row><row r="5"><c r="A5" t="b"><v>1</v></c><c r="B5" '
    't="e"><v>#N/A</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A4"/></mergeCells></worksheet>',
    "xl/sharedStrings.xml": f"<sst {_MAIN}><si><t>question</t></si><si><r><t>a_x000D_</t></r></si></sst>",
    "xl/styles.xml": f'<styleSheet {_MAIN}><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>',
    "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" '
    f'ContentType="{_TYPES}sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    f'ContentType="{_TYPES}worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}sharedStrings+xml"/></Types>',
}
_NAMES = tuple(_PARTS)
_PATH = tables.FOLDER / "faq.xlsx"
WORDS = [
    *(
        b'<row r="',
        b'"><c r="A1"',
        b' t="s"',
        b' t="str"',
        b' t="d"',
        b' t="n"',
        b' t="inlineStr"',
        b' s="1"',
        b"<v>",
    ),
    *(
        b"</v></c>",
        b"<f>",
        b'<f t="shared" si="0"/>',
        b'<f t="array" ref="A1:B2">',
        b"<is><t>",
        b"1e999",
        b"-1",
    ),
    *(b"99999999999", b"XFD1048576", b'<mergeCell ref="A1:B9"/>', b"2958466", b"_xD800_", b"<si><t>", b"NaN"),
    *(
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"&a;",
        b'state="hidden"',
        b"../",
        b'date1904="1"',
        b"0.00%",
        b"[h]:mm",
    ),
]


def _packed(part: int, content: bytes) -> bytes:
    with zipfile.ZipFile(_PATH, "w") as package:
        for number, (name, genuine) in enumerate(_PARTS.items()):
            package.writestr(name, content if number == part else genuine)
    return _PATH.read_bytes()


SEEDS = [bytes([number]) + part.encode() for number, part in enumerate(_PARTS.values())]
SEEDS.append(bytes([len(_PARTS)]) + _packed(-1, b"")[:LONGEST])


def case(data: bytes) -> None:
    """The first byte says which part the rest is; beyond the last part it is the package itself."""
    part, content = data[0] % 8 if data else 0, data[1:]
    if part == len(_NAMES):
        _PATH.write_bytes(content)
    else:
        _packed(part % len(_NAMES), content)
    tables.imported(_PATH)
