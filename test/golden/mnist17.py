#!/usr/bin/env python3
"""Writes mnist17.json: exact certificates of every 21st test digit of MNIST 1 against 7, computed by numpy in double precision.

Independent of the service's code: straight from docs/certificates.md, sections 1 and 2. Each prediction, and the flips it survives.
    python3 mnist17.py FOLDER_WITH_THE_IDX_FILES
"""
import gzip, json, struct, sys
import numpy as np


def idx(path):
    raw = gzip.open(path).read()
    dims = struct.unpack('>' + 'I' * raw[3], raw[4:4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def part(stem):
    x = idx(f'{sys.argv[1]}/{stem}-images-idx3-ubyte.gz').reshape(-1, 784)
    y = idx(f'{sys.argv[1]}/{stem}-labels-idx1-ubyte.gz')
    keep = (y == 1) | (y == 7)
    return (x[keep] / 255).astype(np.float32).astype(np.float64), (y[keep] == 7).astype(int)


X, y = part('train')
T, truth = part('t10k')
T, truth = T[::21], truth[::21]
mean = X.mean(0)
X = X - mean
G = X.T @ X
cases = []
for relative in (1, 10, 100, 10000):
    M = G + relative * np.trace(G) / len(G) * np.eye(len(G))
    A = X @ np.linalg.solve(M, (T - mean).T)                    # n x m
    side = np.where(y == 1, 1.0, -1.0)[:, None]
    lead = (A * side).sum(0)                                    # s_1 - s_0
    predicted = (lead > 0).astype(int)                          # a tie goes to class 0
    gain = np.maximum(2 * A * side * np.where(predicted == 1, 1, -1), 0)
    total = np.cumsum(-np.sort(-gain, axis=0), axis=0)
    beaten = np.where(predicted == 1, total >= lead, total > -lead)
    flips = np.where(beaten.any(0), beaten.argmax(0), len(X))
    cases.append({'relative': relative, 'predictions': predicted.tolist(), 'flips': flips.tolist()})
json.dump({'step': 21, 'labels': truth.tolist(), 'cases': cases}, open('mnist17.json', 'w'))
