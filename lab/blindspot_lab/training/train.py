"""The training on PyTorch, which only this module needs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from blindspot.core.errors import DependencyError
from blindspot_lab.training.network import BODY, FAR, LAST, MEAN, NEAR, NEAR_WIDTH, POINTWISE, STD, Conv, Weights
from blindspot_lab.training.targets import targets_of
from blindspot_lab.training.training_pictures import CLASSES, Sample, changed, rendered

BATCH, RATE, STEEPEST = 8, 2.5e-3, 5.0
WARM_UP_STEPS, STEADY_SHARE = 200, 0.6
LOGGED_EVERY, KEPT_EVERY = 50, 250


def train(pictures: int, steps: int, seed: int, keep: Callable[[int, Weights], None] | None = None) -> Weights:
    """Train, and return the weights for `network.to_onnx`. Repeatable with the seed on one machine.

    `keep` gets the weights of every KEPT_EVERY-th step. Raises DependencyError if PyTorch is absent.
    """
    torch = _torch()
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng([seed, 43])
    pool = list(rendered(pictures, seed))
    print(f"{len(pool)} pictures rendered", file=sys.stderr)
    model = _model(torch)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))
    model.train()
    began_s, losses = time.monotonic(), []
    for step in range(steps):
        batch = [changed(pool[k], rng) for k in rng.integers(0, len(pool), BATCH)]
        loss = _loss(torch, model, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), STEEPEST)
        optimiser.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if step % LOGGED_EVERY == LOGGED_EVERY - 1:
            mean = np.mean(losses[-LOGGED_EVERY:])
            print(f"step {step + 1}: loss {mean:.3f}, {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
        if keep is not None and step % KEPT_EVERY == KEPT_EVERY - 1:
            keep(step + 1, _folded(model))
    return _folded(model)


def rate_at(step: int, steps: int) -> float:
    """Share of RATE at a step: rising in WARM_UP_STEPS, constant until STEADY_SHARE of the steps, then down to 0."""
    left = (steps - step) / max(steps * (1 - STEADY_SHARE), 1.0)
    return min(1.0, (step + 1) / WARM_UP_STEPS, left)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise DependencyError("training needs PyTorch; install it with: pip install torch") from error
    return torch


def _model(torch: Any) -> Any:
    """BODY, each convolution with a batch normalisation (removed by `_folded`), and the two heads."""
    nn = torch.nn
    parts = {}
    for conv in BODY:
        around = conv.dilation
        parts[conv.name] = nn.Sequential(
            nn.Conv2d(conv.into, conv.out, 3, conv.stride, around, conv.dilation, bias=False), nn.BatchNorm2d(conv.out)
        )
    parts |= {name: nn.Conv2d(*channels, 1) for name, channels in _pointwise().items()}
    nn.init.constant_(parts["classes"].bias, -4.0)  # objects are rare
    return nn.ModuleDict(parts)


def _pointwise() -> dict[str, tuple[int, int]]:
    return POINTWISE | {"classes": (NEAR_WIDTH, len(CLASSES))}


def _answer(torch: Any, model: Any, pictures: Any) -> tuple[Any, Any]:
    def through(convs: Sequence[Conv], last: Any) -> Any:
        for conv in convs:
            ramp = torch.relu(model[conv.name](last))
            last = last + ramp if conv.is_added else ramp
        return last

    near = through(NEAR, (pictures - MEAN) / STD)
    last = through(LAST, near + torch.nn.functional.pixel_shuffle(model["up"](through(FAR, near)), 2))
    return model["boxes"](last), model["classes"](last)


def _loss(torch: Any, model: Any, batch: list[Sample]) -> Any:
    """CenterNet's focal loss of the classes, and the boxes' mean distance where there are any."""
    pictures = torch.from_numpy(np.stack([sample.picture.transpose(2, 0, 1) for sample in batch]).astype(np.float32))
    wanted = [targets_of(sample) for sample in batch]
    nearness, counts, boxes, has_box = (
        torch.from_numpy(np.stack([getattr(target, name) for target in wanted]))
        for name in ("nearness", "counts", "boxes", "has_box")
    )
    found_boxes, logits = _answer(torch, model, pictures)
    is_middle = nearness == 1.0
    score = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    gain = torch.where(
        is_middle, (1 - score) ** 2 * torch.log(score), (1 - nearness) ** 4 * score**2 * torch.log(1 - score)
    )
    classes_loss = -(gain * counts).sum() / is_middle.sum().clamp(min=1)
    apart = (found_boxes - boxes).abs().sum(dim=1)
    return classes_loss + apart[has_box].mean() if bool(has_box.any()) else classes_loss


def _folded(model: Any) -> Weights:
    """Plain weights: each normalisation becomes part of its convolution."""
    weights: dict[str, Any] = {}
    for conv in BODY:
        kernel, norm = model[conv.name]
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
        weights[f"{conv.name}.weight"] = (kernel.weight.detach() * scale[:, None, None, None]).numpy()
        weights[f"{conv.name}.bias"] = (norm.bias.detach() - norm.running_mean * scale).numpy()
    for name in _pointwise():
        weights[f"{name}.weight"] = model[name].weight.detach().numpy()
        weights[f"{name}.bias"] = model[name].bias.detach().numpy()
    return {name: np.array(value, np.float32) for name, value in weights.items()}
