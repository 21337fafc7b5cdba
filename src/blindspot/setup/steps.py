"""The steps of a set-up. A step is done if the stamp still fits the inputs."""

from __future__ import annotations

import errno
import fcntl
import io
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from blindspot.core import DependencyError
from blindspot.setup import downloads, environment, interfaces, kernels, machine
from blindspot.setup.groups import USUAL, group_file
from blindspot.setup.layout import Layout, content_key
from blindspot.setup.shown_commands import Progress, stop_running

# Pins of the packages that build the interfaces.
TOOLCHAIN = re.compile(r"^(ros-|numpy==|cmake==|empy==)")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the set-up."""

    name: str
    title: str
    key: str  # a new value repeats the step
    work: Callable[[Progress], None]
    results: tuple[Path, ...]  # files of the step: if one is gone, the step is repeated
    is_whole: Callable[[], bool] = lambda: True  # whether these files are undamaged
    after: str = ""  # the step from whose end on this one may work beside the others


def steps_of(layout: Layout, groups: Sequence[str]) -> tuple[Step, ...]:
    """The steps of a set-up with these requirement groups, in order."""
    lock = layout.root / environment.LOCK
    distribution = layout.distribution.name if layout.distribution else ""
    made_with = content_key([], str(layout.venv), str(environment.base_python()), sys.version, distribution)
    toolchain = [line for line in lock.read_text(encoding="utf-8").splitlines() if TOOLCHAIN.match(line)]
    built = tuple(
        Step(
            f"interfaces-{package.name}",
            f"building {package.name}",
            content_key([package], made_with, *toolchain),
            partial(interfaces.build_interfaces, layout, package),
            (layout.site_packages / package.name,),
            after="packages" if package.name not in interfaces.CHAIN else "",
        )
        for package in interfaces.packages_to_build(layout)
    )
    kernel_steps = (
        Step(
            "kernels",
            "compiling the kernels",
            content_key([lock], made_with),  # a changed kernel is compiled at the first use: core/kernel_cache.py
            partial(kernels.compile_kernels, layout),
            (),
            after="packages",
        ),
    )
    return (
        Step(
            "environment",
            "Python environment",
            made_with,
            partial(environment.make_environment, layout),
            (layout.python,),
        ),
        Step(
            "packages",
            "Python packages",
            content_key([lock, *(layout.root / group_file(group) for group in groups)], made_with, *groups),
            partial(environment.install_packages, layout, groups),
            (layout.site_packages,),
        ),
        *built,
        Step(
            "downloads",
            "detector's model, web libraries",
            content_key([layout.root / path for path in downloads.MADE_FROM], made_with),
            partial(downloads.prepare_downloads, layout),
            (layout.models, layout.web),
            partial(downloads.are_whole, layout),
        ),
        *(kernel_steps if set(USUAL) <= set(groups) else ()),
    )


def is_done(layout: Layout, step: Step) -> bool:
    stamp = layout.stamps / step.name
    try:
        if not all(path.exists() for path in (stamp, *step.results)):
            return False
        is_same = stamp.read_bytes() == step.key.encode()  # a power cut may leave any bytes
    except PermissionError:  # another user's set-up: write access is checked next
        return False
    return is_same and step.is_whole()


def copied_from(layout: Layout) -> str:
    """One line for an environment made for another path, as in a copied folder; "" for any other environment."""
    made_for = environment.made_for(layout)
    if made_for is None or made_for == layout.venv:
        return ""
    return f"This folder is a copy: its environment was made for {made_for}, so a new one is made here."


def set_up(layout: Layout, groups: Sequence[str]) -> None:
    """Do every open step; raises DependencyError with the command for the repair of the machine."""
    if all(is_done(layout, step) for step in steps_of(layout, groups)):
        return
    machine.require_machine(layout)
    with only_one(layout), stopped_by_sigterm():
        steps = [step for step in steps_of(layout, groups) if not is_done(layout, step)]
        progress = Progress(len(steps))
        if steps and steps[0].name == "environment":
            if copied := copied_from(layout):
                print(copied, file=sys.stderr)
            print(f"Setting up in {layout.venv}: once, about two and a half minutes. Ctrl-C is safe.", file=sys.stderr)
        try:
            _do(steps, progress, layout.stamps)
            shutil.rmtree(layout.tools, ignore_errors=True)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            cure = f"{'make room, see: df -h' if full else 'see that you may write there: ls -ld'} {layout.root}"
            raise DependencyError(f"{error.filename or layout.venv}: {error.strerror}: {cure}") from error


def _do(steps: Sequence[Step], progress: Progress, stamps: Path) -> None:
    """Do the steps in order. At the same time do the early steps, from the last step backwards: a step keeps about
    one core busy."""
    names = {step.name for step in steps}
    begun: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(1) as beside:
        try:
            for step in steps:
                for other in reversed(steps):
                    if other.after and other.name not in begun and other.after not in names:
                        begun[other.name] = beside.submit(_do_one, other, Progress(1, io.StringIO()), stamps)
                with progress.step(step.title):
                    if step.name in begun and not begun[step.name].cancel():
                        begun[step.name].result()
                    else:
                        _do_one(step, progress, stamps)
                names.remove(step.name)
        except BaseException:
            for future in begun.values():
                future.cancel()
            stop_running()
            raise


def _do_one(step: Step, progress: Progress, stamps: Path) -> None:
    step.work(progress)
    stamps.mkdir(parents=True, exist_ok=True)
    (stamps / step.name).write_text(step.key, encoding="utf-8")


@contextmanager
def only_one(layout: Layout) -> Iterator[None]:
    """Hold the lock of the environment: a second set-up waits for the first."""
    with (layout.root / f"{layout.venv.name}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another start is setting up: waiting for it", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the set-up and its running program, as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
