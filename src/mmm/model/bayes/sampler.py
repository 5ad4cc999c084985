"""Draw from a posterior with nutpie's NUTS, started and scaled at the posterior's mode.

The sampler moves in coordinates whitened by the curvature at the mode (a Laplace approximation),
which takes most correlations out; chains start from that approximation, overdispersed. Coordinates
whitened by the covariance of a first run were worse (measured: half the effective draws): the
posteriors are bent, not stretched.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from scipy.optimize import minimize

from mmm.arrays import Array

Density = Callable[[Array], tuple[float, Array]]

#: Paths of at most 2^3 - 1 steps: in whitened coordinates longer ones cost more than they gain
#: (measured: a fifth fewer gradients for the same effective sample size).
MAX_DEPTH = 3
#: The same for the many coordinates of regions (measured on two regional data sets: at depth 3
#: 110 to 130 effective draws a CPU second, at 4 170 to 190, at 5 80 to 140).
REGIONAL_DEPTH = 4
#: Bounds of the curvature at the mode along each axis. In a direction that the data do not tell
#: at all the priors leave a standard deviation near one: the first bound keeps wider tails from
#: stretching a coordinate, the second keeps a needle from freezing it.
LEAST_CURVATURE, MOST_CURVATURE = 0.5, 1e6


@dataclass(frozen=True)
class Chains:
    """What the sampler returns."""

    draws: Array  #: Shape (n_chains, n_draws, size): unconstrained coordinates.
    divergences: int  #: Draws whose path broke off because the integration failed.
    evaluations: int  #: Gradient evaluations in all, warm-up included.
    mode: Array  #: Shape (size,): origin of the coordinates in which the sampler moved.
    scale: Array  #: Shape (size, size): their axes.


class _LateArviz(ModuleType):
    """Stands for ArviZ until something of it is used.

    nutpie imports all of ArviZ, plots included (2 CPU seconds, 170 MB), although raw draws
    need none of it.
    """

    InferenceData = object  # named in an annotation

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("arviz"), name)


@contextmanager
def _arviz_on_demand() -> Iterator[None]:
    if "arviz" in sys.modules:
        yield
        return
    sys.modules["arviz"] = _LateArviz("arviz")
    try:
        yield
    finally:
        del sys.modules["arviz"]


def sample(
    density: Density,
    size: int,
    *,
    seed: int,
    draws: int,
    warmup: int,
    chains: int,
    depth: int = MAX_DEPTH,
    held: Sequence[int] = (),
    after: Chains | None = None,
) -> Chains:
    """Draw from a density by NUTS."""
    with _arviz_on_demand():
        import nutpie
    mode, scale = laplace(density, size, held) if after is None else (after.mode, after.scale)
    whitened = _Counted(density, mode, scale)
    starts = _starts(after, size, seed)
    trace = nutpie.sample(
        _nutpie_model(whitened, size, starts),
        draws=draws,
        tune=warmup,
        chains=chains,
        cores=1,
        seed=seed,
        maxdepth=depth,
        progress_bar=False,
        save_warmup=False,
        return_raw_trace=True,
    )
    z, divergences = _read(trace, size)
    run = Chains(mode + z @ scale.T, divergences, whitened.count, mode, scale)
    return run if after is None else _joined(after, run)


def _nutpie_model(density: Density, size: int, starts: Iterator[Array]) -> Any:
    """Pass a density to nutpie; each chain requests the next starting point."""
    from nutpie.compiled_pyfunc import from_pyfunc

    return from_pyfunc(
        size,
        make_logp_fn=lambda: density,
        make_expand_fn=lambda *_: lambda z: {"z": np.array(z)},
        expanded_dtypes=[np.dtype("float64")],
        expanded_shapes=[(size,)],
        expanded_names=["z"],
        make_initial_point_fn=lambda _: next(starts),
    )


def _starts(after: Chains | None, size: int, seed: int) -> Iterator[Array]:
    """Yield starts in whitened coordinates; nutpie asks again where the density has no value."""
    if after is not None:
        yield from np.linalg.solve(after.scale, (after.draws[:, -1] - after.mode).T).T.copy()
    rng = np.random.default_rng([seed, 5])
    while True:
        yield 1.5 * rng.standard_normal(size)


def _joined(first: Chains, second: Chains) -> Chains:
    return Chains(
        draws=np.concatenate([first.draws, second.draws], axis=1),
        divergences=first.divergences + second.divergences,
        evaluations=first.evaluations + second.evaluations,
        mode=first.mode,
        scale=first.scale,
    )


@dataclass
class _Counted:
    """A density in whitened coordinates that counts its calls."""

    density: Density
    mode: Array
    scale: Array
    count: int = 0

    def __call__(self, z: Array) -> tuple[float, Array]:
        self.count += 1
        value, gradient = self.density(self.mode + self.scale @ z)
        return value, gradient @ self.scale


def _read(trace: Any, size: int) -> tuple[Array, int]:
    """Return the whitened draws and the number of divergences after the warm-up."""
    import pyarrow

    batches, stats = trace.get_arrow_trace()
    draws, divergences = [], 0
    for batch, stat in zip(batches, stats, strict=True):
        table, info = pyarrow.record_batch(batch), pyarrow.record_batch(stat)
        z = table.column("z").flatten().to_numpy(zero_copy_only=False).reshape(-1, size)
        tuning = info.column("tuning").to_numpy(zero_copy_only=False).astype(bool)
        diverging = info.column("diverging").to_numpy(zero_copy_only=False).astype(bool)
        draws.append(z[~tuning])
        divergences += int(diverging[~tuning].sum())
    return np.stack(draws), divergences


def mode_of(density: Density, size: int, held: Sequence[int] = ()) -> Array:
    """Return where a density is highest, shape (size,).

    Parameters
    ----------
    density : callable
        The density.
    size : int
        Number of coordinates.
    held : sequence of int
        Coordinates that are held at zero. The spread of effects that are standardized is one: at
        the joint mode it is infinitely wide, and the effects cost nothing.
    """

    def loss(point: Array) -> tuple[float, Array]:
        value, gradient = density(point)
        return -value, -gradient

    limits = [(0.0, 0.0) if k in held else (None, None) for k in range(size)]
    options = {"maxiter": 500}
    found = minimize(
        loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=limits, options=options
    )
    return np.asarray(found.x)


def laplace(density: Density, size: int, held: Sequence[int] = ()) -> tuple[Array, Array]:
    """Return the mode of a density and a square root of its inverse curvature there.

    Returns
    -------
    mode : ndarray, shape (size,)
        Where the density is highest.
    scale : ndarray, shape (size, size)
        S with S S' the inverse of the negative Hessian, its eigenvalues kept within reason.
    """
    mode, step = mode_of(density, size, held), 1e-4
    hessian = np.empty((size, size))
    for k, direction in enumerate(step * np.eye(size)):
        hessian[k] = (density(mode - direction)[1] - density(mode + direction)[1]) / (2 * step)
    curvature, axes = np.linalg.eigh((hessian + hessian.T) / 2)
    return mode, axes / np.sqrt(np.clip(curvature, LEAST_CURVATURE, MOST_CURVATURE))
