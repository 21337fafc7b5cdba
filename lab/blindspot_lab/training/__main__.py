"""Trains a network and writes its ONNX file: `drawn` from rendered pictures, with a model card that holds the entry for
a list of models, or `thermal` from the pictures of HIT-UAV, whose card with the measured figures is written by hand."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from blindspot.core.errors import BlindspotError, InputError
from blindspot_lab.training.network import DRAWN, THERMAL, Layers, Weights, to_onnx
from blindspot_lab.training.thermal_pictures import Crops, thermal_pictures
from blindspot_lab.training.train import Batches, Schedule, framework, train
from blindspot_lab.training.training_pictures import DENSITY_PX_PER_M, DOWN_DEG, Renderings

ENOUGH_PX = 28.0
"""Height of a person in the picture at the middle density and the middle angle of the training."""

CARD = """# {name}

A network of {convolutions} small convolutions that finds people and cars in **rendered** pictures from the air.
**Synthetic**: it was trained without photographs, and its results on them are unknown. Not for real flights.

- Trained on {pictures} pictures of random towns (`blindspot_lab.training`), {steps} steps, seed {seed},
  {density[0]:g} to {density[1]:g} px/m in the network's input, looking down by {down[0]:g} to {down[1]:g} deg.
  The towns of `config/sites` were left out.
- Classes: {classes}. It can't identify a person, and stores no personal data.
- Licence: Apache-2.0, as this repository. SHA-256: `{sha256}`

`./blindspot bench vision` measures its quality; docs/concepts/detection.md lists the results.

```yaml
schema: blindspot.models/1
models:
  {name}:
    what: small network trained on rendered pictures alone (synthetic), for simulations
    licence: Apache-2.0
    only_simulated: true
    sha256: "{sha256}"
    file: {name}.onnx
    layout: yolox
    class_count: {count}
    classes: {{{numbered}}}
    strides_px: [{stride}]
    enough_px: {enough:g}
    input: {{channels: bgr, mean: [{mean:g}, {mean:g}, {mean:g}], std: [{std:g}, {std:g}, {std:g}]}}
```
"""


def card(name: str, content: bytes, pictures: int, steps: int, seed: int) -> str:
    """The model card of an ONNX file of DRAWN."""
    numbered = ", ".join(f"{number}: {label}" for number, label in enumerate(DRAWN.classes))
    return CARD.format(
        name=name, sha256=hashlib.sha256(content).hexdigest(), pictures=pictures, steps=steps, seed=seed,
        density=DENSITY_PX_PER_M, down=DOWN_DEG, classes=", ".join(DRAWN.classes), count=len(DRAWN.classes),
        numbered=numbered, stride=DRAWN.stride_px, enough=ENOUGH_PX, mean=DRAWN.mean, std=DRAWN.std,
        convolutions=len(DRAWN.body),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    into: Path = options.into
    layers: Layers = {"drawn": DRAWN, "thermal": THERMAL}[options.network]
    into.mkdir(parents=True, exist_ok=True)

    def keep(step: int, weights: Weights) -> None:
        (into / f"{layers.name}.{step}.onnx").write_bytes(to_onnx(layers, weights))

    try:
        schedule = Schedule(options.steps, options.seed, into / f"{layers.name}.state", options.half)
        content = to_onnx(layers, train(layers, _batches(layers, options), schedule, keep))
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    (into / f"{layers.name}.onnx").write_bytes(content)
    if layers is DRAWN:
        text = card(layers.name, content, options.pictures, options.steps, options.seed)
        (into / f"{layers.name}.md").write_text(text, encoding="utf-8")
    print(into / f"{layers.name}.onnx")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m blindspot_lab.training", description=__doc__)
    parser.add_argument("network", choices=("drawn", "thermal"), help="the network to train")
    parser.add_argument("--into", type=Path, required=True, help="folder of the model; a second start goes on")
    parser.add_argument("--pictures", type=int, default=2000, help="number of rendered pictures, for drawn")
    parser.add_argument("--hit-uav", type=Path, help="folder normal_json of HIT-UAV, for thermal")
    parser.add_argument("--steps", type=int, default=6000, help="number of training steps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", action="store_true", help="calculate in 16 bits: faster on processors with AMX")
    return parser


def _batches(layers: Layers, options: argparse.Namespace) -> Batches:
    """Raises InputError without the pictures of HIT-UAV."""
    framework()  # before minutes of rendering
    if layers is DRAWN:
        return Renderings(options.pictures, options.seed).batch
    if options.hit_uav is None:
        raise InputError("--hit-uav", "", "is missing", "name the folder normal_json of HIT-UAV")
    return Crops(thermal_pictures(options.hit_uav / "train", options.hit_uav / "annotations" / "train.json")).batch


if __name__ == "__main__":
    sys.exit(main())
