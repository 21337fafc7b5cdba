"""The ROS 2 package `blindspot`. Tools are configured in pyproject.toml, dependencies named in package.xml."""

from itertools import groupby
from pathlib import Path

from setuptools import find_packages, setup

NAME = "blindspot"
NODES = (
    "authority",
    "camera",
    "coverage_monitor",
    "coverage_planner",
    "detector",
    "flight_control",
    "logbook",
    "mission_manager",
    "mission_starter",
    "recorder",
    "scheduler",
)


def shared(*folders: str) -> list[tuple[str, list[str]]]:
    """Every file under these folders, to be installed into the package's share folder as it lies here."""
    files = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_file())
    kept = (path for path in files if "__pycache__" not in path.parts)
    return [(f"share/{NAME}/{folder}", [*map(str, group)]) for folder, group in groupby(kept, lambda path: path.parent)]


setup(
    name=NAME,
    version="0.1.0",
    package_dir={"": "src"},
    packages=find_packages("src", include=[NAME, f"{NAME}.*"]),
    package_data={"": ["py.typed", "*.j2", "fr.yaml", "en.yaml"], "blindspot.console": ["web/*", "web/*/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml", "LICENSE", "NOTICE"]),
        *shared("config", "launch"),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The blindspot developers",
    maintainer_email="maintainers@blindspot.example",
    description="Lawful surveillance flights over the ground that a town's fixed cameras leave blind.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "blindspot = blindspot.cli.__main__:main",
            *(f"{node} = blindspot.nodes.{node}:main" for node in NODES),
        ]
    },
)
