"""A Dask cluster on this machine, for tests that lose parts of it."""

import json
import os
import subprocess
import sys
import time

from mmm import paths


class Cluster:
    """A scheduler and two workers of one process each on this machine."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self._folder = folder
        self.scheduler = self.start("dask_scheduler", "--port", "0")
        while not self.file.exists() or not self.file.read_text():
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(2)]

    def start(self, program, *words):
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1"]
        command += ["--no-dashboard", "--scheduler-file", str(self.file), *words]
        log = (self._folder / f"{program}.log").open("ab")
        # One thread, as the workers' own guard would start them.
        environment = {**os.environ, "PYTHONPATH": str(paths.project_root() / "src")}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def add_worker(self):
        folder = str(self._folder)
        return self.start(
            "dask_worker", "--nthreads", "1", "--no-nanny", "--local-directory", folder
        )

    def stop(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
