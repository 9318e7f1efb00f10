# Writes optimisers.csv: parameters after 20 steps of optimisers of PyTorch, in f64. Run: python optimisers.py > optimisers.csv
import math
import torch

torch.set_default_dtype(torch.float64)


def start():
    w = torch.tensor([[math.sin(1 + 4 * i + j) for j in range(4)] for i in range(3)])
    b = torch.tensor([0.1 * j for j in range(4)])
    return [torch.nn.Parameter(w), torch.nn.Parameter(b)]


def run(name, optimiser, decay=0):
    parameters = start()
    each = optimiser(parameters)
    for t in range(20):
        for k, p in enumerate(parameters):
            target = torch.cos(0.3 * t + k + torch.arange(p.numel())).reshape(p.shape)
            p.grad = (p.detach() - target) * (1 + k)
            if decay and k == 0:
                p.data.mul_(1 - 0.05 * decay)
        each.step()
    print(name + "," + ",".join(repr(x) for p in parameters for x in p.detach().flatten().tolist()))


run("sgd", lambda p: torch.optim.SGD(p, lr=0.05))
run("sgd decay", lambda p: torch.optim.SGD(p, lr=0.05), 0.2)
run("momentum", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9))
run("nesterov", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True))
run("nesterov decay", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True), 0.2)
run("adam", lambda p: torch.optim.Adam(p, lr=0.05))
run("adamw", lambda p: torch.optim.AdamW(
    [{"params": [p[0]], "weight_decay": 0.2}, {"params": [p[1]], "weight_decay": 0}], lr=0.05, betas=(0.8, 0.95), eps=1e-4))
