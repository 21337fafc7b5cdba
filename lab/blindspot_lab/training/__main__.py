"""Trains the network, writes its ONNX file and its model card with the entry for a list of models."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from blindspot.core.errors import BlindspotError
from blindspot_lab.training.network import BODY, MEAN, STD, STRIDE_PX, Weights, to_onnx
from blindspot_lab.training.train import train
from blindspot_lab.training.training_pictures import CLASSES, DENSITY_PX_PER_M, DOWN_DEG

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
    """The model card of an ONNX file."""
    numbered = ", ".join(f"{number}: {label}" for number, label in enumerate(CLASSES))
    return CARD.format(
        name=name, sha256=hashlib.sha256(content).hexdigest(), pictures=pictures, steps=steps, seed=seed,
        density=DENSITY_PX_PER_M, down=DOWN_DEG, classes=", ".join(CLASSES), count=len(CLASSES), numbered=numbered,
        stride=STRIDE_PX, enough=ENOUGH_PX, mean=MEAN, std=STD, convolutions=len(BODY),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot_lab.training", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder of the model and its card")
    parser.add_argument("--name", default="drawn", help="name of the model")
    parser.add_argument("--pictures", type=int, default=2000, help="number of rendered pictures")
    parser.add_argument("--steps", type=int, default=6000, help="number of training steps")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    options.into.mkdir(parents=True, exist_ok=True)

    def keep(step: int, weights: Weights) -> None:
        (options.into / f"{options.name}.{step}.onnx").write_bytes(to_onnx(weights, len(CLASSES)))

    try:
        content = to_onnx(train(options.pictures, options.steps, options.seed, keep), len(CLASSES))
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    (options.into / f"{options.name}.onnx").write_bytes(content)
    text = card(options.name, content, options.pictures, options.steps, options.seed)
    (options.into / f"{options.name}.md").write_text(text, encoding="utf-8")
    print(options.into / f"{options.name}.onnx")
    return 0


if __name__ == "__main__":
    sys.exit(main())
