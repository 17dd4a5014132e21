"""Reference values of test/kernel/seeded-random.test.ts: python3 test/kernel/seeded-random.py

xoshiro128** as in https://prng.di.unimi.it/xoshiro128starstar.c (Blackman and Vigna, 2018), its state filled by four
outputs of splitmix32 (a Weyl sequence with step 0x9e3779b9 through MurmurHash3's 32-bit finaliser). Written from
those two definitions with Python's integers; shares nothing with src.
"""

from fractions import Fraction

MASK = 0xFFFFFFFF


def splitmix32(seed):
    state = seed
    while True:
        state = (state + 0x9E3779B9) & MASK
        z = state
        z = ((z ^ (z >> 16)) * 0x85EBCA6B) & MASK
        z = ((z ^ (z >> 13)) * 0xC2B2AE35) & MASK
        yield z ^ (z >> 16)


def rotl(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK


def xoshiro128starstar(seed):
    filler = splitmix32(seed)
    s = [next(filler) for _ in range(4)]
    while True:
        yield (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)


for seed in (0, 1, 42, 2**32 - 1):
    words = xoshiro128starstar(seed)
    bits = [next(words) for _ in range(6)]
    last = [next(words) for _ in range(994)][-1]
    pairs = xoshiro128starstar(seed)
    uniforms = [Fraction((next(pairs) >> 5) * 2**26 + (next(pairs) >> 6), 2**53) for _ in range(3)]
    print(seed, bits, "the 1000th:", last, [float(u) for u in uniforms])
