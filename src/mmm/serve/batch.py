"""Score a CSV file row by row or week by week: the service's predictions without the service.

The columns of the input are kept as they are; the output gets ``predicted_revenue``, the ends of
its interval and the names of the fields outside the range seen in training. Where a file of a
regional model names a region in each row, its spend is that region's, and the output gets what
media add there: a region has no baseline of its own.
"""

from __future__ import annotations

import gzip
import io
import os
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from mmm.arrays import Array, Mask
from mmm.data.columns import numbers
from mmm.data.files import require_file
from mmm.data.rows import refuse_repeated
from mmm.errors import DataError, UsageError
from mmm.serve.loading import Predictor
from mmm.serve.pooled import PooledPredictor
from mmm.serve.problems import RequestError
from mmm.serve.records import FieldSpec
from mmm.serve.regional import REGION, RegionalPredictor, regional_predictor
from mmm.serve.requests import RecordForms, read_question, record_forms, region_forms
from mmm.serve.weekly import WeeklyPredictor

CHUNK = 50_000
#: Most weeks of a weekly model in one file.
WEEKS = 2_000
UNREADABLE = (
    *(pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError),
    *(gzip.BadGzipFile, EOFError),
)
ADDED = ("predicted_revenue", "predicted_low", "predicted_high", "extrapolated")
#: The same for rows of single regions.
ADDED_BY_REGION = ("incremental", "incremental_low", "incremental_high", "extrapolated")


def score_file(
    predictor: Predictor,
    source: Path,
    target: Path,
    *,
    progress: Callable[[int], object] = lambda _: None,
    chunk: int = CHUNK,
) -> int:
    """Score a CSV file (optionally gzipped) into another one.

    Raises
    ------
    DataError
        For a missing column or a value that cannot be used; names data row and column.
    UsageError
        If a file cannot be read or written.
    """
    _require_paths(source, target)
    real = Path(os.path.realpath(target))
    temporary = real.with_name(f".{real.name}.tmp")
    try:
        zipped = target.suffix == ".gz"
        rows = _score(predictor, source, temporary, progress, chunk, zipped=zipped)
        temporary.replace(real)
    except OSError as error:
        raise UsageError(f"{error.filename or target}: {error.strerror or error}.") from None
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def _require_paths(source: Path, target: Path) -> None:
    try:
        require_file(source)
    except DataError as error:
        raise UsageError(str(error)) from None
    real = Path(os.path.realpath(target))
    if target.is_dir() or not real.parent.is_dir():
        raise UsageError(f"{target}: give a file in a folder that exists.")
    if real.is_symlink() or (target.exists() and not target.is_file()):
        raise UsageError(
            f"{target}: not a regular file (a device, a pipe or a link to itself). It is left as "
            f"it is: name a file that may be written."
        )
    if target.exists() and target.samefile(source):
        raise UsageError(f"{target} is the input itself. Choose another name for the output.")


def _score(
    predictor: Predictor,
    source: Path,
    target: Path,
    progress: Callable[[int], object],
    chunk: int,
    *,
    zipped: bool,
) -> int:
    rows = 0
    with ExitStack() as stack:
        out = _written(target, stack, zipped=zipped)
        chunks = _chunks(source, predictor, stack, progress, chunk)
        for table in stack.enter_context(closing(chunks)):
            if table.empty:  # a header alone is one piece without rows
                break
            added = _added(predictor, table, first=rows + 1, file=source.name)
            table = table.assign(**added)
            table.to_csv(out, index=False, header=rows == 0, lineterminator="\n")
            rows += len(table)
    if not rows:
        raise DataError(
            f"{source.name}: the file has a header but no rows. There is nothing to score."
        )
    return rows


def _written(target: Path, stack: ExitStack, *, zipped: bool) -> IO[str]:
    """Open a file to write text to; the same rows give the same bytes, gzipped or not."""
    raw: IO[bytes] = stack.enter_context(target.open("wb"))
    stream: Any = raw
    if zipped:
        stream = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
    return stack.enter_context(io.TextIOWrapper(stream, encoding="utf-8", newline=""))


def _chunks(
    source: Path,
    predictor: Predictor,
    stack: ExitStack,
    progress: Callable[[int], object],
    chunk: int,
) -> Generator[pd.DataFrame, None, None]:
    """Read a file as text, chunk by chunk; a weekly model needs its weeks in one piece."""
    raw: IO[bytes] = stack.enter_context(source.open("rb"))
    stream: Any = raw
    if source.suffix == ".gz":
        stream = stack.enter_context(gzip.GzipFile(fileobj=raw))
    size, told = chunk if isinstance(predictor, PooledPredictor) else _most_rows(predictor), 0
    try:
        refuse_repeated(_names(stream), source.name)
        stream.seek(0)
        reader = stack.enter_context(_read_csv(stream, chunksize=size))
        for number, table in enumerate(_pieces(reader)):
            columns = list(table.columns)
            if number == 0:
                _require_columns(columns, predictor, source.name)
            if isinstance(predictor, WeeklyPredictor):
                _require_weeks(number, len(table), columns, predictor, source.name)
            yield table
            progress(raw.tell() - told)
            told = raw.tell()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source.name}: not UTF-8 text ({error.reason}). Save it as UTF-8."
        ) from None
    except UNREADABLE as error:
        message = str(error).strip() or type(error).__name__
        raise DataError(f"{source.name}: not a readable CSV file: {message}. Mend it.") from None


def _by_region(predictor: Predictor, columns: list[str]) -> RegionalPredictor | None:
    """Return what answers a file: of single regions where it names them."""
    regional = regional_predictor(predictor)
    return regional if regional is not None and regional.column in columns else None


def _most_rows(predictor: WeeklyPredictor) -> int:
    """Return the most rows of a file: its weeks, of all regions where the model has some."""
    regional = regional_predictor(predictor)
    return WEEKS * (1 if regional is None else len(regional.names))


def _require_weeks(
    piece: int, rows: int, columns: list[str], predictor: WeeklyPredictor, file: str
) -> None:
    most = _most_rows(predictor) if _by_region(predictor, columns) else WEEKS
    if piece > 0 or rows > most:
        raise DataError(f"{file}: more than {WEEKS} weeks. Split the file.")


def _names(stream: IO[bytes]) -> list[str]:
    """Return the header as it is written: pandas renames what appears twice."""
    header = _read_csv(stream, header=None, nrows=1)
    return [str(name).strip() for name in header.iloc[0]]


def _read_csv(stream: IO[bytes], **options: Any) -> Any:
    """Read a CSV file whose cells stay text."""
    return pd.read_csv(
        stream, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False, **options
    )


def _pieces(reader: Any) -> Iterator[pd.DataFrame]:
    """Iterate over the chunks of a reader; what pandas only warns of is an error here."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = next(reader, None)
        if table is None:
            return
        yield table


def _require_columns(columns: list[str], predictor: Predictor, file: str) -> None:
    regional = _by_region(predictor, columns)
    specs = predictor.specs if regional is None else regional.specs
    missing = [spec.name for spec in specs if spec.name not in columns]
    if missing:
        raise DataError(
            f"{file}: the model needs {len(missing)} column(s) that the file does not have, first "
            f"{missing[0]!r}. The file has: {', '.join(columns[:12])}"
            f"{' ...' if len(columns) > 12 else ''}. Rename or add the column."
        )
    added = ADDED if regional is None else ADDED_BY_REGION
    taken = [name for name in added if name in columns]
    if taken:
        raise DataError(
            f"{file}: there is a column {taken[0]!r} already, and the output would add one. "
            f"Remove or rename it."
        )


def _added(predictor: Predictor, table: pd.DataFrame, *, first: int, file: str) -> dict[str, Any]:
    """Return the new columns of a chunk; `first` is the number of its first data row."""
    regional = _by_region(predictor, list(table.columns))
    numbers = {
        spec.name: _numbers(table[spec.name], spec, first=first, file=file)
        for spec in (predictor.specs if regional is None else regional.specs)
        if spec.kind not in ("week", "level")
    }
    if isinstance(predictor, PooledPredictor):
        return _pooled(predictor, np.column_stack([numbers[s.name] for s in predictor.specs]))
    if regional is not None:
        return _regional(regional, table.assign(**numbers), first=first, file=file)
    return _weekly(predictor, table, numbers, first=first, file=file)


def _numbers(column: pd.Series, spec: FieldSpec, *, first: int, file: str) -> Array:
    """Turn a column of text into numbers, or say which row cannot be one."""
    low, high = spec.bounds
    values, bad = numbers(column, low=low, high=high, may_be_empty=False)
    if spec.kind == "whole":
        bad |= values != np.floor(values)
    if bad.any():
        row = int(bad.to_numpy().argmax())
        text = str(column.iloc[row])
        shown = "is empty" if not text.strip() else f"{text[:40]!r} cannot be used"
        kind = "a whole number" if spec.kind == "whole" else "a number"
        raise DataError(
            f"{file}, data row {first + row}, column {spec.name!r}: {shown} ({int(bad.sum())} "
            f"such value(s) in the rows read with it). It must be {kind} from {low:g} to "
            f"{high:g}, without currency signs and thousands separators."
        )
    return values.to_numpy()


def _pooled(predictor: PooledPredictor, inputs: Array) -> dict[str, Any]:
    predicted = predictor.model.predict(inputs)
    half = predictor.model.half_width(inputs, predictor.level)
    outside = (inputs < predictor.model.low) | (inputs > predictor.model.high)
    texts = _names_of(outside, predictor.model.features)
    columns = (predicted, predicted - half, predicted + half, texts)
    return dict(zip(ADDED, columns, strict=True))


def _names_of(flags: Mask, names: tuple[str, ...]) -> NDArray[np.object_]:
    """Join the names of the flags that are set, each distinct pattern once."""
    codes, which = np.unique(flags @ (1 << np.arange(len(names))), return_inverse=True)
    patterns = [[name for i, name in enumerate(names) if code >> i & 1] for code in codes.tolist()]
    return np.array(["; ".join(pattern) for pattern in patterns], dtype=object)[which]


def _weekly(
    predictor: WeeklyPredictor,
    table: pd.DataFrame,
    numbers: dict[str, Array],
    *,
    first: int,
    file: str,
) -> dict[str, Any]:
    own = table[[spec.name for spec in predictor.specs]].assign(**numbers)
    places = np.arange(first, first + len(own))
    records = _records(own, record_forms(predictor), places, file)
    try:
        answers = predictor.predict(records, [], detail=True)
    except RequestError as problem:
        raise DataError(_told(problem, places, file)) from None
    rows = [(answer["predicted_revenue"], *_rest(answer)) for answer in answers]
    return dict(zip(ADDED, map(list, zip(*rows, strict=True)), strict=True))


def _regional(
    predictor: RegionalPredictor, table: pd.DataFrame, *, first: int, file: str
) -> dict[str, Any]:
    """Score rows of single regions; the rows of each are weeks in a row."""
    forms, column = region_forms(predictor), predictor.column
    rows: list[Any] = [None] * len(table)
    found = table.groupby(column, sort=False).indices
    unknown = [name for name in found if name not in predictor.names]
    for name, places in sorted(found.items(), key=lambda item: item[0] not in unknown):
        own = table[[spec.name for spec in predictor.specs]].iloc[places]
        try:
            predictor.region(str(name))
            records = _records(own, forms, first + places, file)
            answers = predictor.contribution(str(name), records, [])
        except RequestError as problem:
            raise DataError(_told(problem, first + places, file, column)) from None
        for place, answer in zip(places, answers, strict=True):
            rows[place] = (answer["incremental"], *_rest(answer))
    return dict(zip(ADDED_BY_REGION, map(list, zip(*rows, strict=True)), strict=True))


def _rest(answer: dict[str, Any]) -> tuple[float, float, str]:
    """Return low, high and the names of the fields outside the range seen in training."""
    interval = answer["interval"] or {"low": np.nan, "high": np.nan}
    outside = "; ".join(item["field"] for item in answer["extrapolation"])
    return interval["low"], interval["high"], outside


def _records(
    table: pd.DataFrame, forms: RecordForms, places: NDArray[np.int64], file: str
) -> list[BaseModel]:
    """Check the rows of a file as the service checks records; `places` are their numbers."""
    records: list[BaseModel] = []
    for place, row in zip(places, table.to_dict("records"), strict=True):
        try:
            records += read_question({str(k): v for k, v in row.items()}, forms).records
        except RequestError as problem:
            raise DataError(_told(problem, np.array([place]), file)) from None
    return records


def _told(problem: RequestError, places: NDArray[np.int64], file: str, region: str = "") -> str:
    """Write a problem of the service with the row and column of the file."""
    field = problem.field or "history"
    place, _, column = field.rpartition(".")
    row = int(place[1:-1]) if place.startswith("[") else 0
    name = region if field == REGION and region else column or field
    return f"{file}, data row {places[row]}, column {name!r}: {problem.reason}. {problem.remedy}"
