"""Trains nets by PyTorch on one thread: CPU seconds of a step, the least of many, in each memory format."""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(1)
batch, seconds, names = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]


class Lenet(nn.Module):
    shape = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 20, 5), nn.Conv2d(20, 50, 5)
        self.ip1, self.ip2 = nn.Linear(800, 500), nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x), 2, 2)
        x = F.max_pool2d(self.conv2(x), 2, 2)
        return self.ip2(F.relu_(self.ip1(x.flatten(1))))


class Quick(nn.Module):
    shape = (3, 32, 32)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 32, 5, padding=2)
        self.conv3 = nn.Conv2d(32, 64, 5, padding=2)
        self.ip1, self.ip2 = nn.Linear(1024, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu_(F.max_pool2d(self.conv1(x), 3, 2, ceil_mode=True))
        x = F.avg_pool2d(F.relu_(self.conv2(x)), 3, 2, ceil_mode=True)
        x = F.avg_pool2d(F.relu_(self.conv3(x)), 3, 2, ceil_mode=True)
        return self.ip2(self.ip1(x.flatten(1)))


class Mlp(nn.Module):
    shape = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 512), nn.ReLU(inplace=True),
            nn.Linear(512, 256), nn.ReLU(inplace=True),
            nn.Linear(256, 10))

    def forward(self, x):
        return self.net(x)


size = 512
a, b, c = torch.rand(size, size), torch.rand(size, size), torch.empty(size, size)
least = 1e9
for _ in range(20):
    start = time.process_time()
    torch.mm(a, b, out=c)
    least = min(least, time.process_time() - start)
print("sgemm", 2 * size**3 / least / 1e9)

for name in names:
    kind = {"lenet": Lenet, "cifar10-quick": Quick, "mlp": Mlp}[name]
    for form in (torch.channels_last, torch.contiguous_format):
        net = kind().to(memory_format=form)
        solver = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
        x = torch.rand(batch, *kind.shape).to(memory_format=form)
        y = torch.randint(0, 10, (batch,))
        least, count, began = 1e9, 8, time.process_time()
        while time.process_time() - began < seconds:
            start = time.process_time()
            for _ in range(count):
                solver.zero_grad(set_to_none=True)
                F.cross_entropy(net(x), y).backward()
                solver.step()
            least = min(least, (time.process_time() - start) / count)
        print("net", name, str(form).replace("torch.", ""), batch / least)
