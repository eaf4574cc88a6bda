"""Files of `mfprofile measure … --json`: the networks that were timed, the measured peak, and where that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from mfprofile.cost.device import Device
from mfprofile.cost.device_file import Strict, checked, json_in, label_of
from mfprofile.errors import InputError, SpecError
from mfprofile.spec.problems import Mark, Problem
from mfprofile.spec.reading import read_bytes
from mfprofile.spec.words import several

REMEDY = "use the output of 'mfprofile measure … --json'"
_Text = Annotated[str, Field(max_length=200)]
_Name = Annotated[str, Field(max_length=10_000)]
_Count = Annotated[int, Field(ge=1, le=10**9)]
_Nanoseconds = Annotated[float, Field(ge=1, le=1e18, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Timed(Strict):
    name: _Name
    madds: Annotated[int, Field(ge=1, le=10**18)]
    median_ns: _Nanoseconds
    low_ns: _Nanoseconds
    high_ns: _Nanoseconds
    coverage: _Share


class _Environment(Strict):
    processor: _Text
    device: _Text
    runtime: _Text
    versions: dict[str, _Text]
    on: Literal["cpu", "cuda"]
    threads: _Count
    dtype: _Text
    batch: _Count | None
    clock: _Text
    sweeps: _Count


class _File(Strict):
    schema_: Annotated[Literal[2], Field(alias="schema")]
    environment: _Environment
    noise: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None
    reference: _Timed
    peak: _Timed
    networks: Annotated[list[_Timed], Field(min_length=1)]


class Where(NamedTuple):
    """Where and how something was measured, as text. A field that does not apply is ''."""

    processor: str
    runtime: str
    threads: str
    dtype: str
    batch: str
    clock: str

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


class Timing(NamedTuple):
    """Something that was timed: its multiply-adds, and its nanoseconds: the median and its interval."""

    name: str
    madds: int
    median: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Return the multiply-adds in a second."""
        return 1e9 * self.madds / self.median


@dataclass(frozen=True, slots=True)
class Timings:
    """The content of a file. `networks` include the reference.

    `about` says how well they were measured. `interval` is the probability of the intervals as text, or ''.
    """

    file: str
    where: Where
    networks: Sequence[Timing]
    peak: Timing
    about: str
    interval: str


def read_timings(file: str) -> Timings:
    """Return what `mfprofile measure … --json` wrote into a file, or onto standard input for `-`.

    Raises `InputError` if it cannot be read, and `SpecError` with all problems of its fields.
    """
    label = label_of(file)
    document = json_in(read_bytes(file, label), label, REMEDY)
    if isinstance(document, dict) and document.get("type") == "latency-model":
        raise InputError(f"{label}: is a latency model, not a measurement; use --latency-model {label}")
    read = checked(_File, document, label, REMEDY)
    places = {"reference": read.reference, "peak": read.peak}
    places |= {f"networks.{at}": each for at, each in enumerate(read.networks, 1)}
    problems = [problem for place, each in places.items() if (problem := _order(each, place, label))]
    if problems:
        raise SpecError(problems)
    timings = [_timing(each) for each in (read.reference, *read.networks)]
    if any(each[:2] == timings[0][:2] for each in timings[1:]):  # the reference is one of the networks
        timings = timings[1:]
    return Timings(label, _where(read.environment), timings, _timing(read.peak), *_about(read))


def check_peak(timings: Timings, device: Device) -> None:
    """Raise `InputError` if the peak was measured elsewhere than a latency model was calibrated.

    Versions of the runtime may differ. What the model does not say is not compared.
    """
    where = timings.where
    measured = (where.processor, where.runtime.split(" ")[0], where.threads, where.dtype)
    processor, runtime, threads = (device.conditions.get(key, "") for key in ("processor", "runtime", "threads"))
    of_model = (processor, runtime.split(" ")[0], threads if where.threads else "", device.dtype)
    if any(one != other for one, other in zip(measured, of_model, strict=True) if other):
        raise InputError(
            f"{timings.file}: its peak is of {', '.join(filter(None, measured))}, but latency model '{device.name}' is "
            f"of {', '.join(filter(None, of_model))}; measure the peak where the model was calibrated"
        )


def _order(timed: _Timed, place: str, label: str) -> Problem | None:
    """Return the problem of a median outside its interval."""
    if timed.low_ns <= timed.median_ns <= timed.high_ns:
        return None
    rule = f"must be from low_ns = {timed.low_ns:.0f} to high_ns = {timed.high_ns:.0f}"
    return Problem(Mark(label), f"{place}.median_ns", rule, timed.median_ns)


def _timing(timed: _Timed) -> Timing:
    return Timing(timed.name, timed.madds, timed.median_ns, timed.low_ns, timed.high_ns)


def _where(about: _Environment) -> Where:
    version = about.versions.get(about.runtime, "")
    return Where(
        about.device or about.processor,
        f"{about.runtime} {version}".rstrip(),
        several(about.threads, "thread") if about.on == "cpu" else "",
        about.dtype,
        "inputs as given" if about.batch is None else f"batch {about.batch}",
        about.clock,
    )


def _about(read: _File) -> tuple[str, str]:
    """Return the sweeps and the noise of a measurement, and the probability of its intervals."""
    noise = "" if read.noise is None else f", noise {100 * read.noise:.1f} %"
    covered = read.reference.coverage
    return (
        f"median of {several(read.environment.sweeps, 'sweep')}{noise}",
        f"{100 * covered:.1f} % interval" if covered else "",
    )
