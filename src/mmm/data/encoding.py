"""Turn the bytes of a stranger's file into text: size, gzip, byte order marks, encodings."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import Path

from charset_normalizer import from_bytes

from mmm.errors import DataError

MIB = 2**20
#: Largest data file, after decompression: ten times the largest export that a model can use.
LARGEST_FILE = 256 * MIB
CHUNK = 4 * MIB
GZIP = b"\x1f\x8b"
#: First bytes of files that are often handed over as CSV, and what to do about them.
FOREIGN = {
    b"PAR1": "a parquet file. Give it the ending .parquet",
    b"%PDF": "a PDF. Export the table itself as CSV",
    b"\xd0\xcf\x11\xe0": "a workbook (or another Office file). If it is Excel's, name it .xls",
}
#: What a zip archive holds where it is a workbook, and the ending that it then has.
WORKBOOKS = {"xl/workbook.xml": ".xlsx", "xl/workbook.bin": ".xlsb", "content.xml": ".ods"}
#: First characters of text that is no table.
NO_TABLES = {
    re.compile(r"\s*[\[{]\s*([\[{]|\"[^\"]*\"\s*:)"): "JSON. Export the table itself as CSV",
    re.compile(r"\s*<(!doctype|html|\?xml)", re.IGNORECASE): (
        "a web page or XML, as a download gives where a sign-in is missing. Export the table "
        "itself as CSV"
    ),
}
MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
#: Encodings of the Latin script, likeliest first; then those of other scripts.
LATIN = {
    "cp1252": "Western European, Windows",
    "cp1250": "Central European, Windows",
    "mac_roman": "Western European, old Mac",
    "cp850": "Western European, DOS",
}
OTHER_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp932", "gb18030", "big5", "euc_kr"]
#: Differences in charset-normalizer's measure of mess that say nothing about a short header.
MESS = 0.03
SIGNS = frozenset("€£¥§°–—‘’“”„…•®©™«»")
LETTERS = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜŒàáâãäåæçèéêëìíîïñòóôõöøùúûüœß"
    "ĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽÝĽŐŰąćęłńśźżčďěňřšťůžýľőű"
)
#: Letters that are words, and places where no language has a letter or a sign.
SINGLE = frozenset("àáåéèíóòøöÀ")
MISPLACED = re.compile(r"\d[^\W\d_\x00-\x7f]\d|[^\W\d_][§°®©€£¥«»•„][^\W\d_]")


def decoded(path: Path) -> tuple[str, list[str]]:
    """Return a file's text with line feeds alone, and what was assumed to read it.

    Raises
    ------
    DataError
        If it is too large, of another kind, a broken gzip file, or in no encoding that is sure.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == GZIP
    content = _unpacked(path) if zipped else _content(path)
    _require_text(content, path.name, zipped=zipped)
    text, notes = _text(content, path.name)
    if not text.strip():
        raise DataError(f"{path.name}: the file is empty. Export the data again.")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"{path.name}: not plain text: line {line} holds a NUL character. Save the file as "
            f"'CSV UTF-8'."
        )
    for form, what in NO_TABLES.items():
        if form.match(text):
            raise DataError(f"{path.name}: not a CSV but {what}.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def require_size(path: Path) -> None:
    """Refuse a file that is larger than any that can be used.

    Raises
    ------
    DataError
        If it has more than :data:`LARGEST_FILE` bytes.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise _too_large(path.name, "the file has")


def _too_large(name: str, what: str) -> DataError:
    return DataError(
        f"{name}: {what} more than {LARGEST_FILE // MIB} MiB, which no table of weeks or days "
        f"needs. Keep the columns and years that the model is to use, or sum the rows of a day."
    )


def _content(path: Path) -> bytes:
    require_size(path)
    return path.read_bytes()


def _unpacked(path: Path) -> bytes:
    """Return the content of a gzip file, unpacked piece by piece up to the limit."""
    pieces, size = [], 0
    try:
        with gzip.open(path) as stream:
            while piece := stream.read(CHUNK):
                size += len(piece)
                if size > LARGEST_FILE:
                    raise _too_large(path.name, "unpacked, the gzip file has")
                pieces.append(piece)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{path.name}: a broken gzip file. Compress it again.") from None
    return b"".join(pieces)


def _require_text(content: bytes, name: str, *, zipped: bool) -> None:
    """Refuse what is another kind of file, and say which."""
    what = next((what for mark, what in FOREIGN.items() if content.startswith(mark)), "")
    if content.startswith(b"PK\x03\x04"):
        what = _archive(content)
    if what:
        first = "gzipped, unzip it first. Inside is " if zipped else ""
        raise DataError(f"{name}: {first}not a CSV but {what}.")


def _archive(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        names = set()
    ending = next((ending for name, ending in WORKBOOKS.items() if name in names), "")
    if ending:
        return f"a workbook (a spreadsheet): name it {ending}"
    return "a zip archive. Unpack it and name the table in it (a spreadsheet ends in .xlsx)"


def _text(content: bytes, name: str) -> tuple[str, list[str]]:
    mark = next((mark for mark in MARKS if content.startswith(mark)), None)
    encoding = MARKS[mark] if mark else _wide(content) or "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise DataError(
                f"{name}: begins like {encoding.upper()} text, but byte {error.start + 1} does "
                f"not fit. Save it as 'CSV UTF-8'."
            ) from None
        encoding, text = _detected(content, name)
        return text, [
            f"Encoding: the file is not UTF-8; its letters were read as {encoding} "
            f"({LATIN.get(encoding, 'found by its letters')})."
        ]
    if mark or encoding == "utf-8":
        return text, []
    return text, [f"Encoding: read as {encoding.upper()}, which no mark at its start says."]


def _wide(content: bytes) -> str | None:
    """Return the form of UTF-16 that a file without a mark has: every other byte is zero."""
    sample = content[: 2 * CHUNK // 1024]
    half = len(sample) // 2
    if not half:
        return None
    even, odd = sample[::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.5 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.5 and odd < 0.1 else None


def _detected(content: bytes, name: str) -> tuple[str, str]:
    """Return the encoding, and the text, of a file that is not UTF-8; refuse where unsure."""
    texts = {}
    for encoding in LATIN:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_written(text):
            texts[encoding] = text
    if "cp1252" in texts or len(set(texts.values())) == 1:
        return next(iter(texts.items()))
    matches = list(from_bytes(content, cp_isolation=OTHER_SCRIPTS))
    likely = [m for m in matches if m.chaos <= matches[0].chaos + MESS]
    if len(likely) == 1 and not texts and _is_plain(str(likely[0])):
        return likely[0].encoding, str(likely[0])
    candidates = [*texts, *(m.encoding for m in likely)]
    could = f"it could be {' or '.join(candidates)}" if candidates else "nor any other usual text"
    raise DataError(f"{name}: not UTF-8 text; {could}. Save it as 'CSV UTF-8'.")


def _is_plain(text: str) -> bool:
    return not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]", text)


def _is_written(text: str) -> bool:
    """Tell whether all letters beyond ASCII stand where a language writes them."""
    if not _is_plain(text):
        return False
    words = {word for word in re.split(r"[\s,;|]+", text) if not word.isascii()}
    return all(map(_is_word, words))


def _is_word(word: str) -> bool:
    """Tell whether a word has its accents among plain letters, and its signs beside them."""
    if MISPLACED.search(word) or any(c not in LETTERS | SIGNS for c in word if not c.isascii()):
        return False
    for part in re.findall(r"[^\W\d_]+", word):
        beyond = [c for c in part if not c.isascii()]
        inner = any(c.isupper() and not c.isascii() for c in part[1:])
        if (inner and not part.isupper()) or 2 * len(beyond) > len(part) + 1:
            return False
        if len(part) == 1 and beyond and part not in SINGLE:
            return False
    return True
