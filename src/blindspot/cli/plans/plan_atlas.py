"""`blindspot plan MISSION` of a dispatch: the atlas of checked views, from which `blindspot dispatch` takes one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from blindspot.cli.parts.output import print_json
from blindspot.core import RefusedError, plain_text, print_plain

if TYPE_CHECKING:
    from blindspot.law import Loaded
    from blindspot.mission import Plan
    from blindspot.planning.atlas import MadeAtlas


def print_atlas(folder: Path, asked: Loaded, *, as_json: bool) -> int:
    """Make the atlas of a mission in a folder and print its figures. Returns the exit code: 1 if the checker refused a
    plan. Raises RefusedError if the authorisation covers no flight of the atlas."""
    from blindspot.acts.plans import plan_atlas
    from blindspot.cli.parts.output import only_json

    with only_json(is_asked=as_json):
        made, files = plan_atlas(folder, asked)
        if not as_json:
            _print(made, files[0])
    if as_json:
        print_json(_document(made, files[0]) | {"for_simulation": bool(asked.for_simulation)})
    with only_json(is_asked=as_json):
        _ask_the_law(made.plans[-1], asked)
    return 1 if made.refused else 0


def _print(made: MadeAtlas, file: Path) -> None:
    found = _document(made, file)
    share = plain_text.percent(found["share_with_view"], 1)
    print_plain(f"{found['squares']} squares of 10 m with public ground: {share} have a view")
    for drone, count in found["views"].items():
        print_plain(f"{drone}: {count} views")
    print_plain(f"time to look: median {found['median_s']:.0f} s, longest {found['longest_s']:.0f} s")
    for reason, count in found["without_view"].items():
        print_plain(f"  {count} squares without a view: {reason}")
    for violation in made.refused:
        print_plain(f"left out: {violation}", err=True)
    print_plain(f"wrote {file} and {len(made.plans)} plans, each passed by the checker")


def _document(made: MadeAtlas, file: Path) -> dict:  # type: ignore[type-arg]
    """The figures of an atlas for programs."""
    atlas = made.atlas
    soonest_s = sorted(atlas.views[one.views[0].view].looking_s for one in atlas.squares if one.views)
    return {
        "atlas": str(file),
        "squares": len(atlas.squares),
        "share_with_view": len(soonest_s) / len(atlas.squares),
        "views": dict(sorted(Counter(view.drone for view in atlas.views).items())),
        "median_s": soonest_s[len(soonest_s) // 2],
        "longest_s": soonest_s[-1],
        "without_view": dict(Counter(one.reason for one in atlas.squares if not one.views).most_common()),
        "refused": [str(violation) for violation in made.refused],
    }


def _ask_the_law(longest: Plan, asked: Loaded) -> None:
    """Raise RefusedError unless the authorisation covers the plan with the longest way at the mission's start."""
    from blindspot.law import judge_plan

    mission, authorisation = asked.mission, asked.authorisation
    if verdicts := judge_plan(authorisation, longest, mission.file.start, simulated=True, mission=mission):
        raise RefusedError(tuple(map(str, verdicts)))
    print_plain(
        f"authorisation {authorisation.id} covers a simulated flight of a view; a real flight is judged by the gate"
    )
