"""Reference values of noisy-votes.test.ts: python3 test/certify/noisy-votes.py

The sampling as docs/certificates.md section 4 describes it, with Python's integers and fractions: groups of 32 rows,
the bits of their uniforms drawn word by word, then for each changed row in order the other class. The instance is
integer arithmetic on the row number. Shares nothing with src but the definition of xoshiro128** (see
test/kernel/seeded-random.py, whose text it runs).
"""

from fractions import Fraction
from pathlib import Path

generator = (Path(__file__).parent / "../kernel/seeded-random.py").read_text().split("\nfor seed in")[0]
exec(generator)

ROWS = 70


def sample(words, labels, q, classes):
    noisy = list(labels)
    for start in range(0, len(labels), 32):
        below = {}  # lane: U < q
        low = [Fraction(0)] * 32
        width = Fraction(1)
        while len(below) < 32 and any(low[i] < q < low[i] + width for i in range(32) if i not in below):
            word = next(words)
            width /= 2
            for i in range(32):
                if i in below:
                    continue
                low[i] += width * ((word >> i) & 1)
                if low[i] + width <= q:
                    below[i] = True
                elif low[i] >= q:
                    below[i] = False
        for row in range(start, min(start + 32, len(labels))):
            lane = row - start
            if below.get(lane, low[lane] < q):
                others = [c for c in range(classes) if c != labels[row]]
                if classes == 2:
                    noisy[row] = others[0]
                    continue
                bits = (classes - 2).bit_length()
                at = next(words) >> (32 - bits)
                while at >= classes - 1:
                    at = next(words) >> (32 - bits)
                noisy[row] = others[at]
    return noisy


for classes, q, seed in [(2, Fraction(0.3), 1), (3, Fraction(0.2), 2), (4, Fraction(0.625), 4294967295)]:
    labels = [row * row % 7 % classes for row in range(ROWS)]
    alphas = [[(row * 31 + 17 * k) % 23 - 9 for row in range(ROWS)] for k in range(2)]
    words = xoshiro128starstar(seed)
    counts = [[0] * classes for _ in alphas]
    for _ in range(1000):
        noisy = sample(words, labels, q, classes)
        for k, alpha in enumerate(alphas):
            scores = [sum(a for a, y in zip(alpha, noisy) if y == c) for c in range(classes)]
            best = max(scores)
            if scores.count(best) == 1:
                counts[k][scores.index(best)] += 1
    print(classes, float(q), seed, counts)
