"""Reference values of clopper-pearson.test.ts, normal-quantile.test.ts and gaussian-radius.test.ts:

    python3 test/certify/votes.py        (needs mpmath)

40 digits, straight from the definitions: the bound is the root of the binomial tail, summed term by term; the quantile
is the root of erfc. Shares nothing with src.
"""

from mpmath import erfc, exp, findroot, loggamma, log, mp, mpf, nstr, sqrt

mp.dps = 40


def tail(k, n, p):
    """P(X >= k), X binomial, p between 0 and the mode's k/n and somewhat beyond."""
    term = exp(loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))
    odds = p / (1 - p)
    total = term
    for i in range(k, n):
        term *= mpf(n - i) / (i + 1) * odds
        total += term
        if term < total * mpf(10) ** -38 and i > n * p:
            break
    return total


def lower(k, n, risk):
    if k == 0:
        return mpf(0)
    if k == n:
        return mpf(risk) ** (mpf(1) / n)
    z = quantile(mpf(risk))
    start = mpf(k) / n + z * sqrt(mpf(k) / n * (1 - mpf(k) / n) / n)
    if k < 30 or start <= 0:
        start = mpf(k) / n * mpf(risk) ** (mpf(1) / k) / 2
    odds = lambda x: log(tail(k, n, 1 / (1 + exp(-x)))) - log(mpf(risk))
    x = findroot(odds, (log(start / (1 - start)), log(start / (1 - start)) * (1 + mpf(10) ** -6)), tol=mpf(10) ** -60)
    return 1 / (1 + exp(-x))


def quantile(p):
    """z with erfc(-z / sqrt 2) / 2 = p."""
    p = mpf(p)
    if p == mpf(1) / 2:
        return mpf(0)
    if p > mpf(1) / 2:
        return -quantile(1 - p)
    start = -sqrt(-2 * log(p)) if p < 0.1 else (p - mpf(1) / 2) * mpf(5) / 2
    return findroot(lambda z: log(erfc(-z / sqrt(2)) / 2) - log(p), start)


print("clopperPearsonLower: successes, trials, risk, bound")
for k, n, risk in [
    (1, 10, 0.05), (9, 10, 0.05), (10, 10, 0.05), (55, 100, 0.001), (990, 1000, 0.0005), (9990, 10_000, 0.001),
    (9900, 10_000, 2.0**-53), (3, 10**6, 0.01), (600_000, 10**6, 0.001), (1, 10**9, 0.001),
    (10**9 - 1, 10**9, 0.001), (500_100_000, 10**9, 0.001), (990_000_000, 10**9, 1e-9),
]:
    print(f"  [{k}, {n}, {risk!r}, {float(lower(k, n, risk))!r}],")

print("normal quantile: p, z")
for p in [2.0**-1000, 1e-300, 1e-100, 2.0**-53, 1e-10, 0.001, 0.02275, 0.0228, 0.1, 0.3, 0.4999, 0.5, 0.6, 0.9, 0.975,
          0.9773, 0.999, 1 - 1e-10, 1 - 2.0**-53]:
    print(f"  [{p!r}, {float(quantile(p))!r}],")

print("gaussianRadius: top, runnerUp, total, sigma, confidence, radius")
for top, second, n, sigma, risk in [
    (990, 7, 1000, 0.5, mpf(0.001)), (990, None, 1000, 0.5, mpf(0.001)), (400, 100, 1000, 0.25, mpf(0.001)),
    (100_000, 0, 100_000, 1.0, mpf(0.001)), (100_000, None, 100_000, 1.0, mpf(0.001)), (600, 400, 1000, 1.0, mpf(0.05)),
]:
    each = risk if second is None else risk / 2
    low = lower(top, n, each)
    high = 1 - low if second is None else min(1 - low, 1 - lower(n - second, n, each))
    radius = sigma * (quantile(low) - quantile(high)) / 2
    print(f"  [{top}, {second}, {n}, {sigma}, {nstr(risk, 3)}, {float(radius)!r}],")
