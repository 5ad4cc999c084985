"""Write small .xlsx and .ods workbooks by hand, so that tests need no library to make them."""

import datetime as dt
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'<styleSheet {MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    "</styleSheet>"
)
EPOCH = dt.date(1899, 12, 30)


class Raw(str):
    """The XML of a cell as it is to stand in the sheet, with ``{r}`` for its place."""


def error(word):
    """Return a cell with an Excel error."""
    return Raw(f'<c r="{{r}}" t="e"><v>{word}</v></c>')


UNCOMPUTED = Raw('<c r="{r}"><f>A1+1</f></c>')


def write_xlsx(path, sheets, hidden=()):
    """Write sheets, each a list of rows; None is an empty cell."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w") as archive:
        parts = {
            f"xl/worksheets/sheet{i}.xml": _sheet(rows)
            for i, rows in enumerate(sheets.values(), 1)
        }
        parts["xl/workbook.xml"] = (
            f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
            + "".join(
                f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="r{i}"'
                + (' state="hidden"/>' if name in hidden else "/>")
                for i, name in enumerate(names, 1)
            )
            + "</sheets></workbook>"
        )
        kinds = {
            f"r{i}": ("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)
        }
        kinds["rs"] = ("styles", "styles.xml")
        parts["xl/_rels/workbook.xml.rels"] = _links(kinds)
        parts["xl/styles.xml"] = STYLES
        parts["_rels/.rels"] = _links({"r1": ("officeDocument", "xl/workbook.xml")})
        parts["[Content_Types].xml"] = (
            f'<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            'relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{XLSX}.sheet.main+xml"/></Types>'
        )
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0"?>{text}')
    return path


def _links(kinds):
    links = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, (kind, target) in kinds.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def _sheet(rows):
    lines = [
        f'<row r="{n}">{"".join(_cell(f"{chr(65 + i)}{n}", c) for i, c in enumerate(row))}</row>'
        for n, row in enumerate(rows, 1)
    ]
    return f"<worksheet {MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cell(place, value):
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.format(r=place)
    if isinstance(value, dt.date):
        return f'<c r="{place}" s="1"><v>{(value - EPOCH).days}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def write_ods(path, rows):
    """Write one sheet of text and numbers; None is an empty cell."""
    uri = "urn:oasis:names:tc:opendocument:xmlns"
    cells = {
        str: '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>',
        type(None): "<table:table-cell/>",
    }
    number = '<table:table-cell office:value-type="float" office:value="{0}"/>'
    lines = "".join(
        "<table:table-row>"
        + "".join(cells.get(type(cell), number).format(cell) for cell in row)
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<office:document-content xmlns:office="{uri}:office:1.0" xmlns:table="{uri}:table:1.0" '
        f'xmlns:text="{uri}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<manifest:manifest xmlns:manifest="{uri}:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        archive.writestr(zipfile.ZipInfo("content.xml"), content)
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), manifest)
    return path
