"""Computes a net from its JSON by PyTorch, and compares outputs and gradients with those in files of numbers."""
import json
import sys

import numpy
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
folder, batch, kind_of_number = sys.argv[1], int(sys.argv[2]), sys.argv[3]  # <f4 or <f8
net = json.load(open(folder + "/net.json"))


def read(name):
    return torch.from_numpy(numpy.fromfile(f"{folder}/{name}", dtype=kind_of_number).copy())


numbers, theirs, at = read("parameters"), read("gradients"), 0
learned = []  # of each: the tensor, and where its gradient begins


def take(*shape):
    global at
    size = int(numpy.prod(shape))
    tensor = numbers[at:at + size].reshape(shape).clone().requires_grad_()
    learned.append((tensor, at, size))
    at += size
    return tensor


def pair(value):
    return tuple(value) if isinstance(value, list) else (value, value)


images = len(net["input"]) == 3
given = read("input").reshape(batch, *net["input"])
results = {"input": given.permute(0, 3, 1, 2) if images else given}
for layer in net["layers"]:
    kind, x = layer["type"], results[layer["inputs"][0]]
    if kind == "convolution":
        high, wide = pair(layer["window"])
        depth = x.shape[1] // layer["groups"]
        w = take(layer["channels"], high, wide, depth).permute(0, 3, 1, 2)
        b = take(layer["channels"]) if layer["bias"] else None
        y = F.conv2d(x, w, b, layer["stride"], pair(layer["padding"]), layer["dilation"], layer["groups"])
    elif kind in ("max-pool", "average-pool"):
        pool = F.max_pool2d if kind == "max-pool" else F.avg_pool2d
        y = pool(x, pair(layer["window"]), layer["stride"], pair(layer["padding"]), ceil_mode=layer["roundedUp"])
    elif kind == "global-pool":
        y = x.amax((2, 3), keepdim=True) if layer["kind"] == "max" else x.mean((2, 3), keepdim=True)
    elif kind == "linear":
        flat = x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x.flatten(1)
        w = take(layer["outputs"], flat.shape[1])
        y = F.linear(flat, w, take(layer["outputs"]) if layer["bias"] else None)
    elif kind == "batch-norm":
        scale, bias = take(x.shape[1]), take(x.shape[1])
        at += 2 * x.shape[1]  # running means, which do not descend
        y = F.batch_norm(x, None, None, 1 + scale, bias, True, 0.1, layer["epsilon"])
    elif kind == "local-response":
        y = F.local_response_norm(x, layer["size"], layer["alpha"], layer["beta"], layer["k"])
    elif kind in ("relu", "sigmoid", "tanh"):
        y = getattr(torch, kind)(x)
    elif kind == "gelu":
        y = F.gelu(x, approximate="tanh")
    elif kind == "add":
        y = sum(results[name] for name in layer["inputs"])
    elif kind == "concat":
        y = torch.cat([results[name] for name in layer["inputs"]], 1)
    else:
        raise SystemExit("no layer " + kind)
    results[layer["name"]] = y

flat = y.permute(0, 2, 3, 1).flatten(1) if y.dim() == 4 else y.flatten(1)
ours = read("output").reshape(flat.shape)
flat.backward(read("factors").reshape(flat.shape))
worst = squares = differences = 0.0
for tensor, begin, size in learned:
    gradient, other = tensor.grad.flatten(), theirs[begin:begin + size]
    squares += float((gradient.double() ** 2).sum())
    differences += float(((gradient - other).double() ** 2).sum())
    worst = max(worst, float((gradient - other).abs().max() / gradient.abs().max().clamp_min(1e-12)))
print("outputs", float((flat - ours).abs().max() / flat.abs().max()))
print("gradients", worst)
print("norm", (differences / squares) ** 0.5)
