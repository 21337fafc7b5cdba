"""One rehearsed evening under an act of an authority: keys, signatures, a flight with sealed recordings, the export by
two people, the erasure with a receipt, the register, the public page, and the checks.

.venv/bin/python examples/rehearsed_evening.py evening      # a new folder

Every command is printed before it runs. The act, the town and the people are invented, all keys have one pass-phrase,
and recordings are erased after minutes: copy the commands, and never the values.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config"
OFFICER, SECOND, PILOT, VIEWER, EXTRACTOR = "officer-1", "officer-2", "A. Martin", "V. Viewer", "E. Extractor"
RECIPIENT = "fictitious cabinet of the prefect"
FLEET, MISSION = "fleets/evening.yaml", "missions/evening.yaml"
PERIMETER = [[1.9992, 46.9996], [2.0008, 46.9996], [2.0008, 47.0006], [1.9992, 47.0006], [1.9992, 46.9996]]
DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
TRIES = 5
"""Of the order: at first the gate knows no facts of the drone, and refuses."""


class Evening:
    """The folder of the evening, and its commands. Nothing outside the folder changes."""

    def __init__(self, folder: Path, speed: float, kept_min: float, command: Sequence[str]) -> None:
        self.command = command
        self.folder, self.speed, self.kept = folder.resolve(), speed, timedelta(minutes=kept_min)
        self.act, self.runs = self.folder / "act", self.folder / "runs"
        self.environ = os.environ | {
            "BLINDSPOT_PASSPHRASE": "a pass-phrase for all", "BLINDSPOT_STATE": str(self.folder / "state"),
            "BLINDSPOT_TRUSTED_KEYS": str(self.folder / "trusted_keys"), "XDG_CONFIG_HOME": str(self.folder / "config"),
        }  # fmt: skip
        self.begun = datetime.now(UTC).replace(microsecond=0)
        self.starts = self.begun + timedelta(minutes=30)
        """The legal time of the flight: later than the last signature, and within the hour of the notices."""

    def words(self, *words: object) -> list[str]:
        print(f"\n$ ./blindspot {shlex.join(map(str, words))}", flush=True)
        return [*self.command, *map(str, words)]

    def run(self, *words: object, codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.words(*words), cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, text=True, check=False
        )
        print(done.stdout, end="", flush=True)
        if done.returncode not in codes:
            raise SystemExit(f"ended with code {done.returncode}")
        return done

    def asked(self, *words: object) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.run(*words, "--json").stdout)
        return read

    def write_files(self) -> None:
        """Keys of all people, and act, fleet and mission at the invented crossing."""
        self.act.mkdir(parents=True)
        self.run("authority", "key", "--out", "officer-1.key")
        self.run("authority", "key", "--out", "officer-2.key")
        pilot = self.asked("authority", "operator-key", "--person", PILOT, "--out", "pilot.key")["key"]
        keys = {
            holder: self.asked("authority", "recording-key", "--out", f"{holder}.key")["key"]
            for holder in ("service", "authority")
        }
        self.run("authority", "computer-key")
        self._write_act(keys)
        self._write_fleet(pilot)
        for name in ("officer-1", "officer-2"):
            word = "sign" if name == OFFICER else "countersign"
            self.run("authority", word, "act/authorisation.yaml", "--key", f"{name}.key")
        self.run("authority", "revoke", "--list", "act/revocations.yaml", "--key", "officer-1.key")
        by = "--person", SECOND, "--key", "officer-2.key"
        self.run("authority", "notices", "act/notices.yaml", "--zones", "act/notam.json", "--source", "example", *by)
        self.run("authority", "separation", "act/separation.yaml", "--looked-at", "all computers", *by)
        self.run("plan", MISSION, "--out", "plan")

    def _write_act(self, keys: dict[str, str]) -> None:
        """The complete example for department 92, moved to the invented crossing and to now."""
        example = CONFIG / "authorisations" / "example_92"
        for name in ("act.pdf", "geozones.json"):
            (self.act / name).write_bytes((example / name).read_bytes())
        fence = self.act / "perimeter.geojson"
        corner = {"type": "Polygon", "coordinates": [PERIMETER]}
        area = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": corner}]}
        fence.write_text(json.dumps(area))
        (self.act / "notam.json").write_text("[]")
        said = yaml.safe_load((example / "authorisation.yaml").read_text(encoding="utf-8"))
        sha256 = self.asked("authority", "hash", f"act/{fence.name}")["sha256"]
        said["area"] |= {"geojson": fence.name, "sha256": sha256, "ceiling_m_agl": 120}
        said["window"] |= {
            "not_before": (self.begun - timedelta(days=1)).isoformat(),
            "not_after": (self.begun + timedelta(days=80)).isoformat(),
            "daily_slots": [{"days": DAYS, "start": "00:00", "end": "23:59"}],
        }  # fmt: skip
        said["people"] |= {"viewers": [VIEWER], "extractors": [EXTRACTOR], "admins": [OFFICER]}
        said["people"]["pilots"][0]["id"] = PILOT
        hours = self.kept / timedelta(hours=1)
        said["recording"] |= {"keys": keys, "retention_h": hours, "dwelling_purge_h": hours}
        said["analytics"]["separation"] = "separation.yaml"
        said["aviation"] |= {"notices": "notices.yaml", "ground_risk_buffer_m": 120}
        said["data_protection"]["register_recipient"] = RECIPIENT
        said["act"]["signatures"] = []
        (self.act / "authorisation.yaml").write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        self.rid = said["aviation"]["rid"]

    def _write_fleet(self, pilot_key: str) -> None:
        """One drone with the module that the act names, and a mission that records."""
        fleet = yaml.safe_load((CONFIG / "fleets" / "crossroads.yaml").read_text(encoding="utf-8"))
        drone = fleet["drones"][0] | {"remote_id_serial": self.rid["serials"][0], "green_light_by": PILOT}
        site = str(CONFIG / "sites" / "crossroads")
        fleet |= {"site": site, "drones": [drone], "remote_id_operator": self.rid["operator"]}
        fleet["operators"] = [{"name": PILOT, "role": "pilot", "key": pilot_key}]
        mission = yaml.safe_load((CONFIG / "missions" / "crossroads.yaml").read_text(encoding="utf-8"))
        mission |= {
            "name": "Rehearsed evening", "site": site, "authorisation": "../act/authorisation.yaml", "record": True,
            "perimeter": "../act/perimeter.geojson", "start": self.starts.isoformat(),
            "fleet": mission["fleet"][:1],
        }  # fmt: skip
        shutil.copytree(CONFIG / "drones", self.folder / "drones")
        for name, document in ((FLEET, fleet), (MISSION, mission)):
            (self.folder / name).parent.mkdir()
            (self.folder / name).write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    @contextmanager
    def stack(self) -> Iterator[None]:
        """The standing stack of the fleet, in another terminal."""
        printed = self.folder / "up.txt"
        words = self.words("up", FLEET, "--rehearse", "--speed", self.speed, "--no-console")
        with printed.open("w") as file:
            started = subprocess.Popen(words, cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL, stdout=file,
                                       stderr=subprocess.STDOUT)  # fmt: skip
        try:
            while "ready: " not in printed.read_text():
                if started.poll() is not None:
                    raise SystemExit(printed.read_text())
                time.sleep(0.5)
            yield
        finally:
            started.send_signal(signal.SIGINT)
            started.wait()

    def fly(self) -> Path:
        """Order the mission of a standing stack, which judges as before a real flight. Returns the run's folder."""
        for _ in range(TRIES):
            words = "fly", MISSION, "--plan", "plan/plan.json", "--key", "pilot.key"
            done = self.run(*words, "--person", PILOT, "--reason", "a rehearsed evening", "--json", codes=(0, 3))
            if done.returncode == 0:
                return max(self.runs.glob("*/*/summary.json"), key=lambda path: path.stat().st_mtime).parent
            time.sleep(5.0)
        raise SystemExit("the gate refused every order")

    def export(self, run: Path) -> None:
        """Two people open the recordings for a report, and anybody checks the archive."""
        reason = "--reason", "a report of a theft"
        self.run("runs", "show", run, "--person", VIEWER, *reason)
        two = "--person", EXTRACTOR, "--second", VIEWER, *reason, "--basis", "ART40"
        keys = "--service-key", "service.key", "--authority-key", "authority.key"
        self.run("runs", "export", run, "run.zip", *two, *keys)
        self.run("verify", "run.zip", *self.computer_keys())
        with zipfile.ZipFile(self.folder / "run.zip") as archive:
            archive.extract("verify_blindspot.py", self.folder)
        print("\n$ python verify_blindspot.py run.zip", flush=True)
        subprocess.run([sys.executable, "verify_blindspot.py", "run.zip"], cwd=self.folder, check=True)

    def computer_keys(self) -> list[str]:
        """Options that name the keys of this computer and of the simulated stack."""
        found = sorted(self.folder.glob("**/computer.key.pub"))
        return [word for path in found for word in ("--computer-key", str(path))]

    def wait_for_erasure(self, run: Path) -> None:
        journal = run.parent / "journal.jsonl"
        while journal.read_text().count("erasure_receipt") < journal.read_text().count('"recording_sealed"'):
            time.sleep(1.0)
        self.run("verify", run, *self.computer_keys())

    def publish(self, stack: Path) -> None:
        """The register for its recipient, the page for the citizens, and the comparison of both."""
        journal = "--journal", stack / "journal.jsonl"
        by = "--person", OFFICER
        self.run("authority", "register", "register.csv", *by, "--recipient", RECIPIENT, *journal)
        self.run("publish", "page", "--authorisation", "act/authorisation.yaml", "--delay-h", 1, *by)
        self.run("verify", "page", "--register", "register.csv")
        self.run("verify", stack, *self.computer_keys())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speed", type=float, default=4.0)
    parser.add_argument("--kept-min", type=float, default=6.0, help="minutes until the recordings are erased")
    parser.add_argument("--command", default=shlex.quote(str(ROOT / "blindspot")), help="another way to call blindspot")
    given = parser.parse_args()
    evening = Evening(given.folder, given.speed, given.kept_min, shlex.split(given.command))
    evening.write_files()
    with evening.stack():
        run = evening.fly()
        evening.export(run)
        evening.wait_for_erasure(run)
    evening.publish(run.parent)


if __name__ == "__main__":
    main()
