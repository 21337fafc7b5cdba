"""The training on PyTorch, which only this module needs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from blindspot.core.errors import DependencyError
from blindspot_lab.training.network import Convs, Layers, Weights
from blindspot_lab.training.sample import Sample
from blindspot_lab.training.targets import targets_of

BATCH, RATE, STEEPEST = 8, 2.5e-3, 5.0
WARM_UP_STEPS, STEADY_SHARE = 200, 0.6
LOGGED_EVERY, KEPT_EVERY = 50, 250

Batches = Callable[[np.random.Generator, int], list[Sample]]
"""Some training pictures, given the source of all random numbers."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """`steps` of a training with this seed. With `resumed`, that file holds the state of the last KEPT_EVERY-th step,
    and the training goes on from there. `half` calculates in 16 bits, which pays off on processors with AMX."""

    steps: int
    seed: int
    resumed: Path | None = None
    half: bool = False


def train(
    layers: Layers, batches: Batches, schedule: Schedule, keep: Callable[[int, Weights], None] | None = None
) -> Weights:
    """Train, and return the weights for `network.to_onnx`. Repeatable with the seed on one machine.

    `keep` gets the weights of every KEPT_EVERY-th step. Raises DependencyError if PyTorch is absent.
    """
    torch = framework()
    torch.manual_seed(schedule.seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng([schedule.seed, 43])
    model = _model(torch, layers)
    if schedule.half:
        model = model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    first = _restore(torch, schedule, model, optimiser, rng)
    model.train()
    began_s, losses = time.monotonic(), []
    for step in range(first, schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * rate_at(step, schedule.steps)
        loss = _loss(torch, model, layers, batches(rng, BATCH), schedule.half)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), STEEPEST)
        optimiser.step()
        losses.append(float(loss.detach()))
        if step % LOGGED_EVERY == LOGGED_EVERY - 1:
            mean = np.mean(losses[-LOGGED_EVERY:])
            print(f"step {step + 1}: loss {mean:.3f}, {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
        if step % KEPT_EVERY == KEPT_EVERY - 1:
            _store(torch, schedule, step + 1, model, optimiser, rng)
            if keep is not None:
                keep(step + 1, _folded(model, layers))
    return _folded(model, layers)


def rate_at(step: int, steps: int) -> float:
    """Share of RATE at a step: rising in WARM_UP_STEPS, constant until STEADY_SHARE of the steps, then down to 0."""
    left = (steps - step) / max(steps * (1 - STEADY_SHARE), 1.0)
    return min(1.0, (step + 1) / WARM_UP_STEPS, left)


def framework() -> Any:
    """PyTorch; raises DependencyError if it is absent."""
    try:
        import torch
    except ImportError as error:
        raise DependencyError("training needs PyTorch; install it with: pip install torch") from error
    return torch


def _store(torch: Any, schedule: Schedule, step: int, model: Any, optimiser: Any, rng: np.random.Generator) -> None:
    if schedule.resumed is None:
        return
    state = {"step": step, "seed": schedule.seed, "model": model.state_dict(), "optimiser": optimiser.state_dict()}
    part = schedule.resumed.with_suffix(".part")
    torch.save(state | {"random": json.dumps(rng.bit_generator.state)}, part)
    part.replace(schedule.resumed)


def _restore(torch: Any, schedule: Schedule, model: Any, optimiser: Any, rng: np.random.Generator) -> int:
    """The step to go on from: 0 without a stored state of this seed."""
    if schedule.resumed is None or not schedule.resumed.exists():
        return 0
    state = torch.load(schedule.resumed, weights_only=True)
    if state["seed"] != schedule.seed:
        return 0
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    rng.bit_generator.state = json.loads(state["random"])
    return int(state["step"])


def _model(torch: Any, layers: Layers) -> Any:
    """Each 3 x 3 convolution with a batch normalisation (removed by `_folded`), and the 1 x 1 convolutions."""
    nn = torch.nn
    parts = {}
    for conv in layers.body:
        around = conv.dilation
        parts[conv.name] = nn.Sequential(
            nn.Conv2d(conv.into, conv.out, 3, conv.stride, around, conv.dilation, bias=False), nn.BatchNorm2d(conv.out)
        )
    parts |= {name: nn.Conv2d(*channels, 1) for name, channels in layers.pointwise.items()}
    nn.init.constant_(parts["classes"].bias, -4.0)  # objects are rare
    return nn.ModuleDict(parts)


def _answer(torch: Any, model: Any, layers: Layers, pictures: Any) -> tuple[Any, Any]:
    """Boxes and logits of the classes, as `network.to_onnx` writes them."""

    def through(convs: Convs, last: Any) -> Any:
        for conv in convs:
            ramp = torch.relu(model[conv.name](last))
            last = last + ramp if conv.is_added else ramp
        return last

    levels = [(pictures - layers.mean) / layers.std]
    for convs in layers.down:
        levels.append(through(convs, levels[-1]))
    last = levels[-1]
    for (level, name), convs in zip(layers.ups(), layers.up, strict=True):
        last = through(convs, levels[level + 1] + torch.nn.functional.pixel_shuffle(model[name](last), 2))
    return model["boxes"](last), model["classes"](last)


def _loss(torch: Any, model: Any, layers: Layers, batch: list[Sample], half: bool) -> Any:
    """CenterNet's focal loss of the classes, and the boxes' mean distance where there are any."""
    pictures = torch.from_numpy(np.stack([sample.picture.transpose(2, 0, 1) for sample in batch]).astype(np.float32))
    if half:
        pictures = pictures.contiguous(memory_format=torch.channels_last)
    nearness, counts, boxes, has_box = (torch.from_numpy(array) for array in _wanted(layers, batch))
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        found_boxes, logits = (output.float() for output in _answer(torch, model, layers, pictures))
    is_middle = nearness == 1.0
    score = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    gain = torch.where(
        is_middle, (1 - score) ** 2 * torch.log(score), (1 - nearness) ** 4 * score**2 * torch.log(1 - score)
    )
    classes_loss = -(gain * counts).sum() / is_middle.sum().clamp(min=1)
    apart = (found_boxes - boxes).abs().sum(dim=1)
    return classes_loss + apart[has_box].mean() if bool(has_box.any()) else classes_loss


def _wanted(layers: Layers, batch: list[Sample]) -> Iterator[Any]:
    wanted = [targets_of(sample, layers) for sample in batch]
    for name in ("nearness", "counts", "boxes", "has_box"):
        yield np.stack([getattr(target, name) for target in wanted])


def _folded(model: Any, layers: Layers) -> Weights:
    """Plain weights: each normalisation becomes part of its convolution."""
    weights: dict[str, Any] = {}
    for conv in layers.body:
        kernel, norm = model[conv.name]
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
        weights[f"{conv.name}.weight"] = (kernel.weight.detach() * scale[:, None, None, None]).numpy()
        weights[f"{conv.name}.bias"] = (norm.bias.detach() - norm.running_mean * scale).numpy()
    for name in layers.pointwise:
        weights[f"{name}.weight"] = model[name].weight.detach().numpy()
        weights[f"{name}.bias"] = model[name].bias.detach().numpy()
    return {name: np.array(value, np.float32) for name, value in weights.items()}
