# How the files in this folder were made: numpy 2.4.6, torch 2.13.0, safetensors 0.8.0.
import numpy as np
import torch
from safetensors.torch import save_file

quarters = [(i - 3) * 0.25 for i in range(6)]
signed = [i - 3 for i in range(6)]
unsigned = list(range(6))
bits = [0, 1, 0, 1, 0, 1]

# types: one tensor of shape (2, 3) for each element type
of = lambda values, dtype: torch.tensor(values, dtype=dtype).reshape(2, 3)
save_file({
    "f64": of(quarters, torch.float64), "f32": of(quarters, torch.float32), "f16": of(quarters, torch.float16),
    "bf16": of(quarters, torch.bfloat16), "i64": of(signed, torch.int64), "i32": of(signed, torch.int32),
    "i16": of(signed, torch.int16), "i8": of(signed, torch.int8), "u64": of(unsigned, torch.uint64),
    "u32": of(unsigned, torch.uint32), "u16": of(unsigned, torch.uint16), "u8": of(unsigned, torch.uint8),
    "bool": of(bits, torch.bool)}, "types.safetensors")
numbers = {"f": quarters, "i": signed, "u": unsigned}
np.savez("types.npz", **{n: np.array(numbers[n[0]], dtype=n) for n in "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1".split()},
         b1=np.array(bits, dtype=bool), bigi=np.array(signed, dtype=">i4"))

# shapes
x = np.array([(i - 3) * 0.25 for i in range(24)], dtype=np.float32).reshape(2, 3, 4)
save_file({"conv.weight": torch.from_numpy(np.ascontiguousarray(x.transpose(0, 2, 1))), "scalar": torch.tensor(2.5),
           "empty": torch.zeros(0, 3), "naïve \"quoted\"\n": torch.tensor([1.0, 2.0])}, "shapes.safetensors")
np.save("rowmajor.npy", x)
np.save("columnmajor.npy", np.asfortranarray(x))
np.save("bigendian.npy", x.astype(">f8"))
np.save("scalar.npy", np.float32(2.5))
for version in 2, 3:
    with open(f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, x, version=(version, 0))
np.savez("stored.npz", **{"layer/weight": x, "bias": np.arange(3.0)})
np.savez_compressed("compressed.npz", **{"layer/weight": np.asfortranarray(x), "bias": np.arange(3.0), "zeros": np.zeros((40, 100))})
