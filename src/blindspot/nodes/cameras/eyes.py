"""The detector's state for one mission. Each mission gets a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blindspot.camera import Lens
from blindspot.core import InputError
from blindspot.evidence.masks import Publication
from blindspot.law import Authorisation, judge_detector, judge_event
from blindspot.mission import GroundMasks, Mission
from blindspot.nodes.cameras.current_mission import FlownMission
from blindspot.site import load_frame
from blindspot.vision import Pipeline
from blindspot.vision.events import EventWatch, event_watch, load_events
from blindspot.vision.models import BlindGround, Searcher
from blindspot.vision.town import Town, town_of_mission


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How each picture is searched, in every mission: the network, the least score of a report, the CPU time in ms,
    and whether warm spots are masked, too."""

    detector: Searcher
    min_score: float
    budget_ms: float
    warm_spots: bool = False


@dataclass
class Eyes:
    """The state of the detector in one mission.

    `labels` are the kinds to report, and `watch` looks for the events to report: both as far as the mission's
    authorisation allows. `folder` is the run's.
    """

    mission: str
    town: Town
    labels: Sequence[str]
    watch: EventWatch | None
    folder: Path
    publication: Publication
    pipeline: Pipeline | None = None
    is_ground_read: bool = False
    blind: BlindGround | None = None

    def pipeline_of(self, lens: Lens, search: SearchSettings) -> Pipeline:
        """The processing chain for pictures of a lens; it knows the blind ground once the run has a plan."""
        if self.pipeline is None or self.pipeline.lens != lens:
            self.pipeline = Pipeline(
                search.detector, self.town, lens, self.labels, search.min_score, search.budget_ms, self.watch,
                self.publication.px_per_m, warm_spots=search.warm_spots,
            )  # fmt: skip
        ground = self.folder / "ground.npz"
        if search.budget_ms and not self.is_ground_read and ground.is_file():
            self.is_ground_read = True
            with suppress(InputError):  # a broken file: all public ground counts the same, as without it
                masks = GroundMasks.load(ground)
                self.blind = BlindGround(masks.grid, masks.blind)
        self.pipeline.search.blind = self.blind
        return self.pipeline


def eyes_of(
    flown: FlownMission, asked: Sequence[str], model: str, publication: Publication, warn: Callable[[str], None]
) -> Eyes:
    """The eyes for a mission. `asked` are the kinds of object to report, if the authorisation lists the detector
    `model`; `publication` is the density of the published pictures; `warn` receives one line for each thing that the
    authorisation leaves out.

    Raises InputError for a wrong events file or town.
    """
    labels = _lawful(asked, flown.authorisation, model, warn)
    watch = _lawful_events(flown.mission, flown.authorisation, warn) if labels else None
    return Eyes(flown.name, town_of_mission(flown.mission), labels, watch, flown.folder, publication)


def _lawful(
    asked: Sequence[str], authorisation: Authorisation, model: str, warn: Callable[[str], None]
) -> Sequence[str]:
    """The labels that may be reported; empty if the authorisation leaves this detector out."""
    verdict = judge_detector(authorisation, model) if asked else None
    if verdict is None:
        return asked
    warn(f"masking only: {verdict}")
    return ()


def _lawful_events(mission: Mission, authorisation: Authorisation, warn: Callable[[str], None]) -> EventWatch | None:
    """The events of the mission that the authorisation lists; None if there are none."""
    if mission.events_path is None:
        return None
    settings = load_events(mission.events_path)
    verdicts = {event: judge_event(authorisation, event) for event in settings.asked}
    for verdict in verdicts.values():
        if verdict is not None:
            warn(f"event left out: {verdict}")
    allowed = settings.only({event for event, verdict in verdicts.items() if verdict is None})
    if not allowed.asked:
        return None
    return event_watch(allowed, mission.events_path.parent, load_frame(mission.site_dir))
