"""What the command line asks for: which studies, which notebooks, with which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mmm import paths
from mmm.errors import UsageError, shortened
from mmm.formatting import nearest
from mmm.run.pipeline import STAGES, Progress, Run, Settings, prepare
from mmm.run.progress import ConsoleProgress

if TYPE_CHECKING:
    from mmm.data.draft import Told


def stage_number(text: str) -> int:
    """Return the number of a notebook given as 3, 03 or its name.

    Raises
    ------
    UsageError
        If there is no such notebook; the message names the nearest.

    Examples
    --------
    >>> stage_number("03"), stage_number("05_roi"), stage_number("roi")
    (3, 5, 5)
    """
    wanted = text.strip().removesuffix(".ipynb")
    for stage in STAGES:
        names = {stage.notebook, stage.notebook[3:], str(stage.number), f"{stage.number:02d}"}
        if wanted in names:
            return stage.number
    hint = nearest(wanted, [stage.notebook for stage in STAGES])
    raise UsageError(f"There is no notebook {text!r}; {hint}")


def select(only: str | None, first: str | None, last: str | None) -> list[int] | None:
    """Return the numbers of the notebooks to run; None for all.

    Raises
    ------
    UsageError
        If they contradict each other.
    """
    if only is not None:
        if first is not None or last is not None:
            raise UsageError("--only runs one notebook: it excludes --from and --to.")
        return [stage_number(only)]
    if first is None and last is None:
        return None
    low = STAGES[0].number if first is None else stage_number(first)
    high = STAGES[-1].number if last is None else stage_number(last)
    if low > high:
        raise UsageError(f"--from {first} comes after --to {last}: nothing would run.")
    return [stage.number for stage in STAGES if low <= stage.number <= high]


def declared_studies() -> list[Path]:
    """List the study files of the project, in the order of their folders' names."""
    return sorted(paths.data_folder().glob("*/study.toml"))


def known_studies(output: Path) -> dict[str, Path]:
    """Find all studies: those of the project, then own-data runs among the results."""
    own = sorted(
        output.glob("*/data/study.toml"),
        key=lambda path: not path.parents[1].name.endswith(".partial"),
    )
    found = {path.parents[1].name.removesuffix(".partial"): path for path in own}
    return found | {path.parent.name: path for path in declared_studies()}


def find_study(text: str, output: Path) -> Path:
    """Find the study file of a name or path.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest or all known studies.
    """
    studies = known_studies(output)
    if text in studies:
        return studies[text]
    path = Path(text)
    if path.is_dir() and (path / "study.toml").is_file():
        return path / "study.toml"
    if path.is_file() and path.suffix == ".toml":
        return path
    raise UsageError(f"There is no study {shortened(text)!r}; {nearest(text, studies)}")


def require_folder(output: Path) -> None:
    """Refuse a folder for results that cannot be made because something stands in its place.

    Raises
    ------
    UsageError
        If the path, or a folder above it, is a file, or links lead in a circle.
    """
    try:
        output.resolve()
    except RuntimeError:  # Python 3.13 goes on, and the file system refuses it later
        raise UsageError(
            f"--output {shortened(output)}: its links lead in a circle. Name a folder."
        ) from None
    first = next((path for path in (output, *output.parents) if path.exists()), None)
    if first is not None and not first.is_dir():
        raise UsageError(
            f"--output {shortened(output)}: {shortened(first)} is a file, so no results can be "
            f"written below it. Name a folder."
        )


class NamedPath(click.Path):
    """A path on the command line; an empty one would silently be the present folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse an empty name."""
        if value == "":
            self.fail("the name is empty. Write . for the present folder.", param, ctx)
        return super().convert(value, param, ctx)


class MarketName(click.ParamType):
    """One market of a panel, as COLUMN=VALUE."""

    name = "market"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Split at the first equals sign."""
        column, sign, market = str(value).partition("=")
        if not (sign and column.strip() and market.strip()):
            self.fail(f"{value!r} is not COLUMN=VALUE, such as region=North.", param, ctx)
        return column.strip(), market.strip()


#: Twins per study of a thorough run.
THOROUGH_TWINS = "120"


@dataclass(frozen=True)
class Choices:
    """What the command line asks for, in one object.

    Attributes
    ----------
    studies, everything, data
        Which studies.
    only, first, last, parameters, model, quick, thorough
        Which notebooks, with which values.
    output, no_report, engine, timeout, jobs, dask, force
        How to run.
    verbose, quiet, dry_run, verify
        What to print, and what to do instead of running.
    init, listing, as_json
        Other commands, and how they print.
    kpi, date, spend, control, ignore, market, region, population, series, value_per_unit, margin
        What the columns of the data mean, instead of a guess.
    sum_regions
        Sum the regions of the data instead of modeling each.
    """

    studies: tuple[str, ...]
    everything: bool
    data: Path | None
    init: str | None
    only: str | None
    first: str | None
    last: str | None
    parameters: tuple[tuple[str, str], ...]
    model: str | None
    quick: bool
    thorough: bool
    listing: bool
    dry_run: bool
    verify: bool
    force: bool
    jobs: int
    dask: str
    output: Path | None
    no_report: bool
    engine: str
    timeout: int | None
    verbose: bool
    quiet: bool
    as_json: bool
    kpi: str | None
    date: str | None
    spend: tuple[str, ...]
    control: tuple[str, ...]
    ignore: tuple[str, ...]
    market: tuple[str, str] | None
    region: str | None
    population: str | None
    sum_regions: bool
    series: str | None
    value_per_unit: float | None
    margin: float | None

    def __post_init__(self) -> None:
        """Refuse options that contradict each other."""
        if self.verbose and self.quiet:
            raise UsageError("-v and -q contradict each other.")
        if self.data is not None and self.studies:
            raise UsageError("--data makes its own study: it excludes --study.")
        if self.everything and (self.studies or self.data is not None):
            raise UsageError(
                "--all runs every study of the project: it excludes --study and --data."
            )
        self._require_data()
        self._require_one_use_of_regions()
        if self.init is not None and self.data is None:
            raise UsageError("--init NAME needs --data FILE.csv.")
        if self.verify and (self.only or self.first or self.last or self.parameters or self.model):
            raise UsageError(
                "--verify repeats the whole run with the parameters of the manifest: it excludes "
                "--only, --from, --to, -p and --model."
            )
        if self.output is not None:
            require_folder(self.output)

    def _require_data(self) -> None:
        """Refuse words about a data file where there is none."""
        said = {
            *("kpi", "date", "spend", "control", "ignore"),
            *("market", "region", "population", "sum_regions", "series"),
            *("value_per_unit", "margin"),
        }
        given = [name for name in sorted(said) if getattr(self, name) not in (None, (), False)]
        if given and self.data is None:
            option = given[0].replace("_", "-")
            raise UsageError(
                f"--{option} says what a data file means: it needs --data FILE. In a study, "
                f"change study.toml."
            )
        if self.as_json and self.series is not None:
            raise UsageError(
                "--json tells of one study, --series makes several: use --market for one of them."
            )
        if self.as_json and not (self.dry_run and self.data is not None):
            raise UsageError("--json prints what --data FILE --dry-run found: it needs both.")

    def _require_one_use_of_regions(self) -> None:
        """Refuse to model regions and to sum them, or to pick one, at once."""
        uses = {
            "--sum-regions": self.sum_regions,
            "--market": self.market is not None,
            "--region": self.region is not None,
        }
        given = [option for option, is_given in uses.items() if is_given]
        if len(given) > 1:
            raise UsageError(
                f"{given[0]} and {given[1]} contradict each other: regions are modeled, summed, "
                f"or one of them is picked."
            )
        if self.population is not None and given and self.region is None:
            raise UsageError(
                f"--population needs regions that are modeled: it excludes {given[0]}."
            )

    @property
    def told(self) -> Told:
        """What the user says of the columns of a data file."""
        from mmm.data.draft import Market, Told  # pandas is slow to import

        return Told(
            kpi=self.kpi,
            date=self.date,
            spend=self.spend,
            control=self.control,
            ignore=self.ignore,
            market=None if self.market is None else Market(*self.market),
            region=self.region,
            population=self.population,
            sum_regions=self.sum_regions,
            value_per_unit=self.value_per_unit,
            margin=self.margin,
        )

    @property
    def folder(self) -> Path:
        """Folder that receives one sub-folder per study."""
        return (self.output or paths.outputs_folder()).resolve()

    def inside(self, name: str) -> Choices:
        """Return the same for the series of a study, whose results lie below its name."""
        nothing: dict[str, Any] = dict.fromkeys(
            ("kpi", "date", "market", "series", "value_per_unit", "margin")
        )
        nothing |= {"spend": (), "control": (), "ignore": (), "data": None, "as_json": False}
        return replace(self, **nothing, studies=(), output=self.folder / name)

    @property
    def is_whole(self) -> bool:
        """Whether every notebook runs."""
        return not (self.only or self.first or self.last)

    def names(self) -> tuple[str, ...]:
        """Return the studies to run."""
        if self.everything:
            return tuple(path.parent.name for path in declared_studies())
        return self.studies or (paths.DEFAULT_STUDY,)

    def runs(self, files: Sequence[Path]) -> list[Run]:
        """Check a run of each study."""
        parameters = {"twins": THOROUGH_TWINS} if self.thorough else {}
        parameters |= dict(self.parameters) | ({"model": self.model} if self.model else {})
        selected = select(self.only, self.first, self.last)
        runs = [
            prepare(
                file,
                output=self.output,
                selected=selected,
                parameters=parameters,
                quick=self.quick,
            )
            for file in files
        ]
        folders = [run.workspace.published for run in runs]
        for folder in folders:
            require_folder(folder)
            if folders.count(folder) > 1:
                raise UsageError(f"--study {folder.name} is given twice.")
        return runs

    def settings(self) -> Settings:
        """Return how to run."""
        return Settings(
            engine=self.engine,
            timeout=self.timeout,
            with_report=not self.no_report,
            force=self.force,
            jobs=self.jobs,
            dask=self.dask,
            # With -v the log says the same.
            progress=Progress() if self.quiet or self.verbose else ConsoleProgress(),
        )

    def words(self) -> list[str]:
        """Return the options that a run of one of several studies needs."""
        words = [word for pair in self.parameters for word in ("-p", *pair)]
        for name, value in (
            ("--model", self.model),
            ("--only", self.only),
            ("--from", self.first),
            ("--to", self.last),
            ("--timeout", self.timeout),
            ("--dask", self.dask),
            ("--engine", self.engine),
            ("--output", self.folder),
        ):
            words += [name, str(value)] if value else []
        flags = {"--quick": self.quick, "--force": self.force, "--no-report": self.no_report}
        flags |= {
            "--thorough": self.thorough,
            "--verify": self.verify,
            "-v": self.verbose,
            "-q": self.quiet,
        }
        return words + [name for name, given in flags.items() if given]
