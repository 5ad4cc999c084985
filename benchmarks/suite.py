"""All benchmarks in order, then RESULTS.md: ``make bench``, or ``python benchmarks/suite.py``.

What is stored with the same code and command is not run again, so the hours may be split; FORCE=1
runs everything. A step whose environment variable is not set keeps its stored rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import results_page
import stored

from mmm import paths

HERE = Path(__file__).resolve().parent


class Step(NamedTuple):
    """One benchmark: its options, what it needs, and studies that must have been run."""

    name: str
    options: tuple[str, ...] = ()
    needs: str = ""
    studies: tuple[str, ...] = ()
    resumes: bool = False

    @property
    def command(self) -> str:
        """The command, as its rows tell it."""
        return " ".join([f"python benchmarks/{self.name}.py", *self.options])


STEPS = (
    Step("sbc"),
    Step("recovery", ("--seeds", "10-19")),
    Step("bars", needs="MMM_PEER_BENCH"),
    Step("peers", needs="MMM_PEER_BENCH"),
    Step("plans", needs="MMM_PEER_BENCH"),
    Step("plan_speed"),
    Step("pipeline"),
    Step("report", studies=(paths.DEFAULT_STUDY,)),
    Step("panel"),
    Step("series"),
    Step("service", studies=(paths.DEFAULT_STUDY, "ecommerce_panel")),
    Step("battery", ("--seeds", "13-15"), resumes=True),
    Step("verdicts", needs="MMM_PEER_BENCH", resumes=True),
    Step("regions", needs="MMM_PEER_BENCH", resumes=True),
    Step("regional_truth", needs="MMM_TEST_DATA"),
    Step("held_out_regions", needs="MMM_PEER_BENCH", resumes=True),
)


def state_of(step: Step, *, force: bool) -> str:
    """Say why a step is not run; empty if it is.

    Parameters
    ----------
    step : Step
        The step.
    force : bool
        Run what is stored, too.
    """
    if step.needs and not os.environ.get(step.needs):
        return f"{step.needs} is not set: its stored rows stay"
    if not (force or step.resumes) and stored.is_current(step.name, step.command):
        return "stored already"
    return ""


def run(step: Step, *, force: bool) -> bool:
    """Run a step and tell whether it succeeded.

    Parameters
    ----------
    step : Step
        The step.
    force : bool
        Begin anew what could go on.
    """
    target = ["--store"]
    if step.resumes:
        target = ["--out", str(stored.path_of(step.name))]
        if force:
            stored.path_of(step.name).unlink(missing_ok=True)
    script = str(HERE / f"{step.name}.py")
    runner = str(paths.project_root() / "run_all.py")
    commands = [[runner, "--quiet", "--study", study] for study in step.studies]
    commands.append([script, *step.options, *target])
    return all(
        subprocess.run([sys.executable, *command], check=False).returncode == 0
        for command in commands
    )


@click.command()
@click.option("--force", is_flag=True, envvar="FORCE", help="Run what is stored, too (FORCE=1).")
@click.option("--list", "only_list", is_flag=True, help="Only say what would be run.")
def main(force: bool, only_list: bool) -> None:
    """Run every benchmark that is not stored, then write RESULTS.md."""
    failed = []
    for step in STEPS:
        state = state_of(step, force=force)
        click.echo(f"{step.command}: {state or 'to be run'}")
        if not (state or only_list or run(step, force=force)):
            failed.append(step.name)
    if only_list:
        return
    stored.note_page()
    results_page.write()
    if failed:
        raise click.ClickException(f"failed: {', '.join(failed)}; their earlier rows stay.")


if __name__ == "__main__":
    main()
