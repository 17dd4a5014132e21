"""Writes all of MNIST as X (n x d), y, T (m x d): python3 mnist-npz.py FOLDER FILE."""
import gzip, struct, sys
import numpy as np


def idx(path):
    raw = gzip.open(path).read()
    dims = struct.unpack('>' + 'I' * raw[3], raw[4:4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


folder, file = sys.argv[1:]
pixels = lambda stem: (idx(f'{folder}/{stem}-images-idx3-ubyte.gz').reshape(-1, 784) / np.float32(255)).astype(np.float32)
np.savez(file, X=pixels('train'), y=idx(f'{folder}/train-labels-idx1-ubyte.gz').astype(int), T=pixels('t10k')[:8])
