"""Trains an LSTM on the characters of a text by PyTorch on one thread: bits a character of the end of the text, and the rate."""
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
steps, width, hidden = 64, 32, 256
name, batch, part = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
text = open(name, encoding="utf-8", newline="").read()
numbers = {c: i for i, c in enumerate(sorted(set(text)))}
codes = torch.tensor([numbers[c] for c in text])
cut = int(len(text) * (1 - part))
count = len(numbers) + 1


def windows(of):
    n = (len(of) - 1) // steps
    return of[:n * steps].view(n, steps), of[1:n * steps + 1].view(n, steps)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows = nn.Embedding(count, width)
        nn.init.uniform_(self.rows.weight, -0.05, 0.05)
        self.cells = nn.LSTM(width, hidden, batch_first=True)
        self.next = nn.Linear(hidden, count)

    def forward(self, x):
        return self.next(self.cells(self.rows(x))[0])


def loss(net, x, y, reduction="mean"):
    return F.cross_entropy(net(x).flatten(0, 1), y.flatten(), reduction=reduction)


net = Net()
optimiser = torch.optim.Adam(net.parameters(), lr=0.002)
x, y = windows(codes[:cut])
order = torch.randperm(len(x))
begin, wall = time.process_time(), time.perf_counter()
for first in range(0, len(x), batch):
    some = order[first:first + batch]
    optimiser.zero_grad()
    loss(net, x[some], y[some]).backward()
    optimiser.step()
seconds, wall = time.process_time() - begin, time.perf_counter() - wall
tx, ty = windows(codes[cut:])
with torch.no_grad():
    total = sum(loss(net, tx[i:i + 64], ty[i:i + 64], "sum").item() for i in range(0, len(tx), 64))
print(f"reached {total / ty.numel() / math.log(2)} {len(x) / seconds} {wall}")
