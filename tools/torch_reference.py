#!/usr/bin/env python3
"""Writes the files that zstar's tests compare its cells with: what PyTorch computes, in f64.

    python -m pip install torch==2.13.0 safetensors==0.8.0 numpy
    python tools/torch_reference.py [FOLDER]        # default: solvers/src/test/resources/torch

The files are written with torch 2.13.0 (CPU). Another version may change last bits, and the tests allow for that.

  operations.safetensors   for each operation a small cell f(z, x): point, value, products with the Jacobian, and gradients
  cells.safetensors        three whole cells with their equilibria, found by plain iteration, and implicit gradients
  modules.safetensors      the state_dict of torch modules, as a user saves it
  calls.safetensors        what these modules compute
  block.safetensors        one layer of a transformer with the names of Llama, for the guide, in f32

A case NAME of the first two has the tensors NAME/z, NAME/x, NAME/u (cotangent), NAME/d (direction), NAME/value, NAME/vjp, NAME/jvp, NAME/dx,
and for each parameter P its values NAME/p/P and its gradient NAME/g/P, in torch's layout. States are as zstar has them: a row for each
sample; images as height × width × channels.
"""
import math
import pathlib
import sys
import warnings

try:
    import torch
    import torch.nn.functional as F
    from safetensors.torch import save_file
    from torch import nn
except ImportError as missing:
    sys.exit(f"torch_reference.py needs PyTorch and safetensors: {missing}")

torch.set_default_dtype(torch.float64)
BATCH = 2
seed = torch.Generator().manual_seed(20)


def randn(*shape, scale=1.0):
    return scale * torch.randn(*shape, generator=seed)


class File:
    """Tensors of several cases."""

    def __init__(self):
        self.tensors = {}

    def add(self, name, tensor):
        assert name not in self.tensors, name
        self.tensors[name] = tensor.detach().clone().contiguous()

    def save(self, path):
        save_file(self.tensors, path, metadata={"format": "pt", "torch": torch.__version__})


def rows(shape, value):
    """A value of the given shape, or a list of them, from rows."""
    if isinstance(shape, list):
        parts = value.split([math.prod(s) for s in shape], -1)
        return [part.reshape(-1, *s) for part, s in zip(parts, shape)]
    return value.reshape(-1, *shape)


def flat(value):
    if isinstance(value, (list, tuple)):
        return torch.cat([flat(part) for part in value], -1)
    return value.reshape(value.shape[0], -1)


def size(shape):
    return sum(math.prod(s) for s in shape) if isinstance(shape, list) else math.prod(shape)


def leaves(p):
    return {name: tensor.clone().requires_grad_() for name, tensor in p.items()}


operations = File()


def case(name, shape, f, p=None, x=None, z=None):
    """An operation: f(z, x, p) of the shape of z, at a random point. x is the shape of the input; None if there is none."""
    p = leaves(p or {})
    z = (randn(BATCH, size(shape)) if z is None else z).requires_grad_()
    inputs = None if x is None else randn(BATCH, size(x)).requires_grad_()
    u, d = randn(BATCH, size(shape)), randn(BATCH, size(shape))

    def g(z):
        return flat(f(rows(shape, z), None if x is None else rows(x, inputs), p))

    value, jvp = torch.func.jvp(g, (z.detach(),), (d,))
    wanted = [z, *([] if x is None else [inputs]), *p.values()]
    gradients = list(torch.autograd.grad(g(z), wanted, u, allow_unused=True, materialize_grads=True))
    operations.add(f"{name}/z", z)
    for key, tensor in dict(u=u, d=d, value=value, jvp=jvp, vjp=gradients.pop(0)).items():
        operations.add(f"{name}/{key}", tensor)
    if x is not None:
        operations.add(f"{name}/x", inputs)
        operations.add(f"{name}/dx", gradients.pop(0))
    for (key, tensor), gradient in zip(p.items(), gradients):
        operations.add(f"{name}/p/{key}", tensor)
        operations.add(f"{name}/g/{key}", gradient)


def beside(name, shape, out, f, p=None):
    """An operation whose result has another shape: the cell (z0, z1) -> (z0, f(z0))."""
    case(name, [shape, out], lambda z, x, p: [z[0], f(z[0], p)], p)


def chw(image):
    return image.permute(0, 3, 1, 2).contiguous()


def hwc(image):
    return image.permute(0, 2, 3, 1)


def linear(name, out, inputs, bias=True):
    p = {f"{name}.weight": randn(out, inputs, scale=inputs ** -0.5)}
    return p | ({f"{name}.bias": randn(out)} if bias else {})


def apply(name, p, x):
    return F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def projections(name, width, bias=True):
    p = {f"{name}.in_proj_weight": randn(3 * width, width, scale=width ** -0.5)}
    p |= {f"{name}.in_proj_bias": randn(3 * width)} if bias else {}
    return p | linear(f"{name}.out_proj", width, width, bias)


def rotary(x, base, halves):
    """Rotary positions of heads, batch × heads × tokens × width (Su et al. 2021, equation 34)."""
    t, d = x.shape[-2:]
    angles = torch.arange(t)[:, None] * base ** (-2 * torch.arange(d // 2) / d)
    cos, sin = angles.cos(), angles.sin()
    a, b = x.chunk(2, -1) if halves else (x[..., 0::2], x[..., 1::2])
    turned = a * cos - b * sin, a * sin + b * cos
    return torch.cat(turned, -1) if halves else torch.stack(turned, -1).flatten(-2)


def attention(name, p, x, other, heads, causal=False, turn=lambda h: h):
    wq, wk, wv = p[f"{name}.in_proj_weight"].chunk(3)
    bq, bk, bv = p[f"{name}.in_proj_bias"].chunk(3) if f"{name}.in_proj_bias" in p else (None, None, None)
    b, t, d = x.shape
    split = lambda y: y.reshape(b, t, heads, d // heads).transpose(1, 2)
    q, k, v = split(F.linear(x, wq, bq)), split(F.linear(other, wk, bk)), split(F.linear(other, wv, bv))
    # The formula, since the fused operation of torch has no forward derivative.
    scores = turn(q) @ turn(k).transpose(-1, -2) / math.sqrt(d // heads)
    if causal:
        scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), -math.inf)
    y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d)
    return apply(f"{name}.out_proj", p, y)


def swiglu(name, p, x):
    return apply(f"{name}.down", p, F.silu(apply(f"{name}.gate", p, x)) * apply(f"{name}.up", p, x))


def mlp(name, width, hidden):
    return linear(f"{name}.gate", hidden, width, False) | linear(f"{name}.up", hidden, width, False) \
        | linear(f"{name}.down", width, hidden, False)


def norm(name, width, bias=True):
    p = {f"{name}.weight": 1 + randn(width, scale=0.3)}
    return p | ({f"{name}.bias": randn(width)} if bias else {})


def rms(name, p, x):
    return F.rms_norm(x, (x.shape[-1],), p[f"{name}.weight"], 1e-6)


def group(name, p, x, groups):
    return hwc(F.group_norm(chw(x), groups, p[f"{name}.weight"], p[f"{name}.bias"], 1e-5))


def conv(name, out, inputs, kernel, bias=True):
    p = {f"{name}.weight": randn(out, inputs, kernel, kernel, scale=(inputs * kernel * kernel) ** -0.5)}
    return p | ({f"{name}.bias": randn(out)} if bias else {})


def convolve(name, p, x, stride=1):
    w = p[f"{name}.weight"]
    return hwc(F.conv2d(chw(x), w, p.get(f"{name}.bias"), stride, w.shape[-1] // 2))


def up(x, factor):
    return hwc(F.interpolate(chw(x), scale_factor=factor, mode="bilinear", align_corners=False))


def down(x, factor):
    return hwc(F.avg_pool2d(chw(x), factor))


def separated(out, inputs):
    """A matrix whose singular values are far apart, so that a power iteration finds the first, and its exact singular vectors."""
    k = min(out, inputs)
    q, _ = torch.linalg.qr(randn(out, k))
    r, _ = torch.linalg.qr(randn(inputs, k))
    v = q * 2.5 * 0.4 ** torch.arange(k) @ r.T
    left, _, right = torch.linalg.svd(v)
    return v, left[:, 0], right[0]


def all_operations():
    tokens, image = (3, 4), (4, 3, 2)
    case("linear", tokens, lambda z, x, p: apply("w", p, z), linear("w", 4, 4))
    case("linear.no-bias", (5,), lambda z, x, p: apply("w", p, z) + apply("u", p, x), linear("w", 5, 5, False) | linear("u", 5, 3, False),
         x=(3,))
    case("tied", (5,), lambda z, x, p: torch.tanh(z @ p["w"].T) @ p["w"], {"w": randn(3, 5)})
    # No kink of a ReLU at these points, and both tails.
    points = torch.tensor([[-4.0, -1.3, -0.6, -0.1, 0.2, 0.9, 3.1], [-30.0, -8.5, -2.2, 1e-3, 0.45, 1.7, 40.0]])
    for name, f in {"RELU": F.relu, "LEAKY_RELU": lambda z: F.leaky_relu(z, 0.01), "TANH": torch.tanh, "SIGMOID": torch.sigmoid,
                    "SOFTPLUS": lambda z: F.softplus(z, threshold=1e4), "GELU_TANH": lambda z: F.gelu(z, approximate="tanh"),
                    "GELU": F.gelu, "SILU": F.silu}.items():
        case(f"activation.{name}", (7,), lambda z, x, p: f(z), z=points.clone())
    case("plus", (5,), lambda z, x, p: z + x, x=(5,))
    case("minus", (5,), lambda z, x, p: x - z, x=(5,))
    case("times", (5,), lambda z, x, p: z * x, x=(5,))
    case("square", (5,), lambda z, x, p: z * z)
    case("scale", (5,), lambda z, x, p: -0.7 * z)
    case("combine", (5,), lambda z, x, p: 0.3 * z - 1.2 * x, x=(5,))
    for name, f in {"SILU": F.silu, "SIGMOID": torch.sigmoid, "GELU": F.gelu}.items():
        case(f"gated.{name}", (5,), lambda z, x, p: f(z) * x, x=(5,))
    case("swiglu", tokens, lambda z, x, p: swiglu("mlp", p, z), mlp("mlp", 4, 5))
    case("rms-norm", (2, 6), lambda z, x, p: rms("norm", p, z), norm("norm", 6, False))
    case("layer-norm", (2, 6), lambda z, x, p: F.layer_norm(z, (6,), p["norm.weight"], p["norm.bias"], 1e-5), norm("norm", 6))
    case("group-norm", (2, 3, 4), lambda z, x, p: group("norm", p, z, 2), norm("norm", 4))
    case("attention", (4, 6), lambda z, x, p: attention("attn", p, z, z, 2), projections("attn", 6))
    case("attention.causal", (4, 6), lambda z, x, p: attention("attn", p, z, z, 3, True), projections("attn", 6))
    case("attention.cross", (4, 6), lambda z, x, p: attention("attn", p, z, x, 2), projections("attn", 6), x=(4, 6))
    for pairing, halves in {"HALVES": True, "NEIGHBOURS": False}.items():
        case(f"attention.rotary.{pairing}", (4, 8),
             lambda z, x, p: attention("attn", p, z, z, 2, True, lambda h: rotary(h, 10000.0, halves)), projections("attn", 8, False))
    mix = {"mix.weight": randn(5, 3), "mix.bias": randn(5)}
    beside("mix-tokens", tokens, (5, 4), lambda z, p: (p["mix.weight"] @ z) + p["mix.bias"][:, None], mix)
    beside("convolution.3.1", image, (4, 3, 3), lambda z, p: convolve("conv", p, z), conv("conv", 3, 2, 3))
    beside("convolution.3.2", (5, 4, 2), (3, 2, 2), lambda z, p: convolve("conv", p, z, 2), conv("conv", 2, 2, 3, False))
    beside("convolution.1.1", image, (4, 3, 3), lambda z, p: convolve("conv", p, z), conv("conv", 3, 2, 1))
    beside("convolution.1.2", (5, 4, 2), (3, 2, 2), lambda z, p: convolve("conv", p, z, 2), conv("conv", 2, 2, 1))
    beside("upsample", (2, 3, 2), (4, 6, 2), lambda z, p: up(z, 2))
    beside("downsample", (4, 2, 3), (2, 1, 3), lambda z, p: down(z, 2))
    case("slice", tokens, lambda z, x, p: torch.cat([z[..., 1:4] * z[..., 0:3], x[..., 1:2]], -1), x=(3, 2))
    case("slice.channels", (2, 2, 3), lambda z, x, p: torch.cat([z[..., 2:3], z[..., 0:2] * z[..., 1:3]], -1))
    beside("token", tokens, (4,), lambda z, p: z[:, 1])
    beside("mean-of-tokens", tokens, (4,), lambda z, p: z.mean(1))
    case("reshape", (2, 2, 3), lambda z, x, p: (z.reshape(-1, 4, 3) * x).reshape(-1, 2, 2, 3), x=(4, 3))
    case("gain", tokens, lambda z, x, p: p["gain"] * z, {"gain": randn(4)})
    case("scalar", (5,), lambda z, x, p: p["alpha"] * z, {"alpha": randn(1)})
    case("add.tokens", tokens, lambda z, x, p: z + p["positions"], {"positions": randn(3, 4)})
    case("add.image", image, lambda z, x, p: z + p["positions"].permute(1, 2, 0), {"positions": randn(2, 4, 3)})
    case("weight-norm", (5,), lambda z, x, p: z @ torch._weight_norm(p["w_v"], p["w_g"], 0).T, {"w_g": randn(5, 1), "w_v": randn(5, 5)})
    v, left, right = separated(4, 6)
    case("spectral-norm", (6,), lambda z, x, p: z @ (m := 0.7 / (left @ p["w"] @ right) * p["w"]).T @ m, {"w": v})


def equilibrium(file, name, shape, inputs, f, p):
    """A cell, its equilibrium to 10⁻¹³ by plain iteration, and the gradients of ⟨u, z*⟩ by the same for v = u + Jᵀ v."""
    p = leaves(p)
    x = randn(BATCH, size(inputs)).requires_grad_()
    u = randn(BATCH, size(shape))
    g = lambda z: flat(f(rows(shape, z), rows(inputs, x), p))
    z = torch.zeros(BATCH, size(shape))
    with torch.no_grad():
        for _ in range(1000):
            z = g(z)
        residual = ((g(z) - z).norm() / z.norm()).item()
    z.requires_grad_()
    value = g(z)
    v = u
    for _ in range(1000):
        v = u + torch.autograd.grad(value, z, v, retain_graph=True)[0]
    backward = (v - u - torch.autograd.grad(value, z, v, retain_graph=True)[0]).norm() / v.norm()
    jacobian = torch.autograd.functional.jacobian(g, z.detach())
    norms = [torch.linalg.matrix_norm(jacobian[b, :, b], 2).item() for b in range(BATCH)]
    assert residual < 1e-13 and backward < 1e-13 and max(norms) < 1, (name, residual, backward.item(), norms)
    dx, *gradients = torch.autograd.grad(value, [x, *p.values()], v)
    for key, tensor in dict(x=x, u=u, z=z, v=v, dx=dx, norm=torch.tensor(max(norms))).items():
        file.add(f"{name}/{key}", tensor)
    for (key, tensor), gradient in zip(p.items(), gradients):
        file.add(f"{name}/p/{key}", tensor)
        file.add(f"{name}/g/{key}", gradient)


def shrunk(p, names, factor):
    return {name: tensor * (factor if name.startswith(names) else 1) for name, tensor in p.items()}


def all_cells(file):
    equilibrium(file, "dense", (8,), (3,), lambda z, x, p: torch.tanh(apply("w", p, z) + apply("u", p, x)),
                shrunk(linear("w", 8, 8) | linear("u", 8, 3, False), ("w.weight",), 0.4))

    def transformer(z, x, p):
        h = rms("norm1", p, z + attention("attn", p, z, z, 2) + x)
        return rms("norm2", p, h + swiglu("mlp", p, h))

    equilibrium(file, "transformer", (5, 8), (5, 8), transformer,
                shrunk(projections("attn", 8) | norm("norm1", 8, False) | mlp("mlp", 8, 11) | norm("norm2", 8, False),
                       ("attn.out_proj", "norm2", "mlp.down"), 0.3))

    def multiscale(z, x, p):
        high, low = z
        h = torch.tanh(convolve("high", p, high) + up(convolve("up", p, low), 2) + convolve("in", p, x))
        c = F.silu(convolve("low", p, low) + convolve("down", p, high, 2)) + convolve("in.low", p, down(x, 2))
        return [group("norm.high", p, h, 2), group("norm.low", p, c, 1)]

    equilibrium(file, "multiscale", [(4, 4, 4), (2, 2, 4)], (4, 4, 2), multiscale,
                shrunk(conv("high", 4, 4, 3, False) | conv("up", 4, 4, 1, False) | conv("in", 4, 2, 3) | conv("low", 4, 4, 3, False)
                       | conv("down", 4, 4, 3) | conv("in.low", 4, 2, 1) | norm("norm.high", 4) | norm("norm.low", 4),
                       ("high", "up", "low", "down"), 0.25))


def all_modules(folder):
    torch.manual_seed(3)
    p = nn.utils.parametrizations
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        modules = nn.ModuleDict({
            "linear": nn.Linear(3, 4),
            "layer_norm": nn.LayerNorm(4),
            "rms_norm": nn.RMSNorm(4, eps=1e-6),
            "group_norm": nn.GroupNorm(2, 4),
            "conv": nn.Conv2d(2, 4, 3, padding=1),
            "conv1": nn.Conv2d(2, 4, 1, stride=2, bias=False),
            "attention": nn.MultiheadAttention(4, 2, batch_first=True),
            "attention_of_others": nn.MultiheadAttention(4, 2, kdim=3, vdim=3, batch_first=True),
            "old_weight_norm": nn.utils.weight_norm(nn.Linear(3, 4)),
            "old_weight_norm_of_all": nn.utils.weight_norm(nn.Linear(3, 4), dim=None),
            "old_weight_norm_of_conv": nn.utils.weight_norm(nn.Conv2d(2, 4, 3, padding=1)),
            "weight_norm": p.weight_norm(nn.Linear(3, 4)),
            "old_spectral_norm": nn.utils.spectral_norm(nn.Linear(3, 4)),
            "spectral_norm": p.spectral_norm(nn.Linear(3, 4)),
            "spectral_norm_of_conv": p.spectral_norm(nn.Conv2d(2, 4, 3, padding=1)),
        })
        for tensor in modules.parameters():
            # Gains and biases that are not 1 and 0.
            if tensor.dim() == 1:
                tensor.data.add_(torch.randn_like(tensor), alpha=0.3)
        modules["old_weight_norm"].weight_g.data.mul_(1.5)
        calls = {}
        modules.eval()
        for name, module in modules.items():
            inputs = {nn.Conv2d: (BATCH, 2, 4, 4), nn.GroupNorm: (BATCH, 4, 2, 3)}.get(type(module).__mro__[0])
            if inputs is None:
                inputs = (BATCH, 2, 4, 4) if "conv" in name else (BATCH, 3, 4) if "attention" in name else (BATCH, 4) if "norm" in name \
                    and "weight" not in name and "spectral" not in name else (BATCH, 3)
            if name == "attention_of_others":
                continue
            x = torch.randn(inputs)
            y = module(x, x, x, need_weights=False)[0] if "attention" in name else module(x)
            calls[f"{name}/x"] = flat(hwc(x) if x.dim() == 4 else x)
            calls[f"{name}/y"] = flat(hwc(y) if y.dim() == 4 else y)
    save_file(modules.state_dict(), folder / "modules.safetensors", metadata={"format": "pt"})
    save_file({name: tensor.detach().contiguous() for name, tensor in calls.items()}, folder / "calls.safetensors")


class Block(nn.Module):
    """The parameters of a layer of Llama, without the rest."""

    def __init__(self, width, hidden, packed):
        super().__init__()
        self.self_attn = nn.Module()
        for name in "q_proj", "k_proj", "v_proj", "o_proj":
            self.self_attn.add_module(name, nn.Linear(width, width, bias=False))
        self.mlp = nn.Module()
        if packed:
            self.mlp.gate_up_proj = nn.Linear(width, 2 * hidden, bias=False)
        else:
            self.mlp.gate_proj = nn.Linear(width, hidden, bias=False)
            self.mlp.up_proj = nn.Linear(width, hidden, bias=False)
        self.mlp.down_proj = nn.Linear(hidden, width, bias=False)
        self.input_layernorm = nn.RMSNorm(width)
        self.post_attention_layernorm = nn.RMSNorm(width)


def guide(folder):
    torch.manual_seed(4)
    model = nn.Module()
    model.layers = nn.ModuleList([Block(8, 12, False), Block(8, 12, True)])
    model.register_buffer("inv_freq", torch.ones(2))
    tensors = {f"model.{name}": tensor.float() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "block.safetensors", metadata={"format": "pt"})


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "solvers/src/test/resources/torch")
    folder.mkdir(parents=True, exist_ok=True)
    all_operations()
    operations.save(folder / "operations.safetensors")
    cells = File()
    all_cells(cells)
    cells.save(folder / "cells.safetensors")
    all_modules(folder)
    guide(folder)
    for path in sorted(folder.glob("*.safetensors")):
        print(f"{path.stat().st_size:7d} bytes  {path}")


if __name__ == "__main__":
    main()
