#!/usr/bin/env python3
"""Times a cell like a layer of a transformer in PyTorch, for comparison with zstar's.

    python tools/torch_cell.py [--threads 1] [--seconds 5]

The cell is h = rms(z + attention(z) + x), f = rms(h + swiglu(h)): 81 tokens of width 512, 8 heads, SwiGLU of width 1536, 8 samples, f32,
eager. Two things are timed: one evaluation of f without gradients, and one product with the transposed Jacobian in z, after a forward pass
that is not timed. Prints one line of JSON:

    {"torch": "2.13.0+cpu", "threads": 1, "tokens": 81, …, "evaluation": {"runs": 40, "min_ms": …, "median_ms": …}, "vjp": {…}}

Exits with 3 and one sentence where PyTorch is missing, and with 2 where an option is wrong.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    print(f"torch_cell.py: PyTorch is not installed ({missing}), expected a Python with the package torch", file=sys.stderr)
    sys.exit(3)

BATCH, TOKENS, WIDTH, HEADS, HIDDEN = 8, 81, 512, 8, 1536


def parameters():
    generator = torch.Generator().manual_seed(0)
    matrix = lambda out, inputs: torch.randn(out, inputs, generator=generator) * 0.04
    return {"in": matrix(3 * WIDTH, WIDTH), "out": matrix(WIDTH, WIDTH), "gate": matrix(HIDDEN, WIDTH), "up": matrix(HIDDEN, WIDTH),
            "down": matrix(WIDTH, HIDDEN), "norm1": torch.ones(WIDTH), "norm2": torch.ones(WIDTH)}, generator


def rms(x, gain):
    return F.rms_norm(x, (WIDTH,), gain, 1e-6)


def cell(p, z, x):
    q, k, v = (y.view(BATCH, TOKENS, HEADS, WIDTH // HEADS).transpose(1, 2) for y in F.linear(z, p["in"]).split(WIDTH, -1))
    attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(BATCH, TOKENS, WIDTH)
    h = rms(z + F.linear(attended, p["out"]) + x, p["norm1"])
    return rms(h + F.linear(F.silu(F.linear(h, p["gate"])) * F.linear(h, p["up"]), p["down"]), p["norm2"])


def timed(run, seconds):
    """Repeats after three runs of warm-up: at least five times, and for this long."""
    for _ in range(3):
        run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return {"runs": len(times), "min_ms": round(min(times), 4), "median_ms": round(statistics.median(times), 4)}


def main():
    options = argparse.ArgumentParser(description="Times a transformer-like cell in PyTorch.")
    options.add_argument("--threads", type=int, default=1, help="the number of threads that PyTorch computes with")
    options.add_argument("--seconds", type=float, default=5, help="how long each of the two is repeated")
    chosen = options.parse_args()
    if chosen.threads < 1 or not 0 <= chosen.seconds < 3600:
        options.error(f"threads are {chosen.threads} and seconds {chosen.seconds}, expected at least 1, and 0 to 3600")
    torch.set_num_threads(chosen.threads)
    p, generator = parameters()
    z, x, u = (torch.randn(BATCH, TOKENS, WIDTH, generator=generator) for _ in range(3))
    with torch.no_grad():
        evaluation = timed(lambda: cell(p, z, x), chosen.seconds)
    z.requires_grad_()
    value = cell(p, z, x)
    vjp = timed(lambda: torch.autograd.grad(value, z, u, retain_graph=True), chosen.seconds)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(), "tokens": TOKENS, "width": WIDTH, "heads": HEADS,
                      "hidden": HIDDEN, "batch": BATCH, "type": "f32", "evaluation": evaluation, "vjp": vjp}))


if __name__ == "__main__":
    main()
