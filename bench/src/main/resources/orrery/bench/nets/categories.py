"""Trains a net over categories by PyTorch on one thread, and prints its AUC, loss, examples a CPU second and seconds."""
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
folder, net = sys.argv[1], sys.argv[2]
numbers, fields, rows, step = (int(word) for word in sys.argv[3:7])


def read(name):
    raw = np.fromfile(f"{folder}/{name}.bin", dtype="<i4").reshape(-1, 1 + numbers + fields)
    x = np.ascontiguousarray(raw[:, 1:1 + numbers]).view("<f4")
    return (torch.from_numpy(x.copy()), torch.from_numpy(raw[:, 1 + numbers:].astype(np.int64)),
            torch.from_numpy(raw[:, 0].astype(np.float32)))


class Tabular(nn.Module):
    def __init__(self, width, hidden, dropped, has_pairs):
        super().__init__()
        self.weights = nn.EmbeddingBag(rows, 1, mode="sum", sparse=True)
        nn.init.zeros_(self.weights.weight)
        self.rows = nn.Embedding(rows, width, sparse=True)
        nn.init.uniform_(self.rows.weight, -0.05, 0.05)
        self.linear = nn.Linear(numbers, 1)
        layers, inner = [], numbers + fields * width
        for outer in hidden:
            layers += [nn.Linear(inner, outer), nn.ReLU(inplace=True)]
            if dropped:
                layers.append(nn.Dropout(dropped))
            inner = outer
        self.deep = nn.Sequential(*layers, nn.Linear(inner, 1))
        self.has_pairs = has_pairs

    def forward(self, x, keys):
        of = self.rows(keys)
        out = self.weights(keys) + self.linear(x) + self.deep(torch.cat([x, of.flatten(1)], 1))
        if self.has_pairs:
            total = of.sum(1)
            out = out + 0.5 * (total.square() - of.square().sum(1)).sum(1, keepdim=True)
        return out.squeeze(1)


def area(scores, labels):
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    positive = labels > 0.5
    count = positive.sum()
    return (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count))


model = Tabular(10, (400, 400, 400), 0.5, True) if net == "deepfm" else Tabular(32, (1024, 512, 256), 0, False)
optimiser = torch.optim.Adagrad(model.parameters(), lr=0.01)
x, keys, y = read("train")
order = torch.randperm(len(y))
begin, wall = time.process_time(), time.perf_counter()
for first in range(0, len(y), step):
    some = order[first:first + step]
    optimiser.zero_grad()
    F.binary_cross_entropy_with_logits(model(x[some], keys[some]), y[some]).backward()
    optimiser.step()
seconds, wall = time.process_time() - begin, time.perf_counter() - wall
rate = len(y) / seconds
x, keys, y = read("test")
model.eval()
with torch.no_grad():
    scores = torch.cat([model(x[i:i + 4096], keys[i:i + 4096]) for i in range(0, len(y), 4096)])
loss = F.binary_cross_entropy_with_logits(scores, y).item()
print(f"reached {area(scores.numpy(), y.numpy())} {loss} {rate} {wall}")
