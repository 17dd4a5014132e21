"""The reference values of this folder, straight from docs/certificates.md; shares nothing with src.

    python3 test/golden/reference.py [FOLDER]    (3.10 or newer, no packages; FOLDER: a copy of the JSON)

From the inputs in certificates.json, neyman-pearson.json and partitions.json it computes every expected value
anew: ridge regression, scores and exact flips in rational arithmetic, logarithms and probabilities with 50
digits. Cases of at most 9 rows are also checked by every label vector and every attack of the certified size.
It prints how many values of each kind were compared, names those that differ, and exits with 1 if any do:
integers that are not equal, doubles that differ by more than their digits. Sections are those of that page.
"""

import json
import math
import sys
from collections import Counter
from decimal import Decimal, getcontext
from fractions import Fraction
from itertools import accumulate, count, islice, product
from pathlib import Path

getcontext().prec = 50
HALF, LOG_HALF = Decimal("0.5"), Decimal("0.5").ln()
DIGITS = 2.0**-52  # relative; a double is within 2^-53 of the number that was rounded to it
FEW_ROWS = 9  # at most 2^9 or 3^6 label vectors

# The grid of t for `linear` (section 3.5): values per octave, octaves downwards from twice the Chernoff
# optimum. The file's grid is lost; still the flips must be equal, without tolerance: at the best t of this
# grid L and the gains stay at least 0.007 below log(1/2), with one flip more at least 0.002 above it, also on
# a grid twenty times as fine, which lowers no minimum by more than 0.0008. Doubles err by far less than that.
PER_OCTAVE, OCTAVES = 32, 6


class Comparison:
    """What was compared, by kind of value, and what differs."""

    def __init__(self):
        self.errors, self.differences = {}, []

    def compare(self, kind, place, expected, computed):
        """Doubles by their relative distance from the computed number, all else by equality."""
        error = 0.0 if expected == computed else math.inf
        if isinstance(expected, float) and computed is not None:
            exact, computed = Fraction(computed), float(computed)
            error = float(abs(Fraction(expected) - exact) / (abs(exact) or 1))
        self.errors.setdefault(kind, []).append(error)
        if error > DIGITS:
            self.differences.append(f"DIFFERS: {place}: {kind} is {expected} in the file, {computed} here")

    def report(self):
        for kind, errors in self.errors.items():
            largest = f"largest relative difference {max(errors):.1e}" if any(errors) else "all equal"
            print(f"{kind}: {len(errors)} compared, {largest}")
        print(*self.differences or ["all agree"], sep="\n")
        return 1 if self.differences else 0


def decimal(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def dot(a, b):
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))


def indicator(labels, c):
    return [int(y == c) for y in labels]


def solve(matrix, right):
    """Gauss-Jordan elimination; a positive definite matrix needs no pivoting."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k, pivot in enumerate(rows):
        pivot[:] = [value / pivot[k] for value in pivot]
        for row in rows:
            if row is not pivot:
                row[:] = [a - row[k] * b for a, b in zip(row, pivot, strict=True)]
    return [row[-1] for row in rows]


class Ridge:
    """Section 1: the rows X, centred, and M = X'X + lambda I."""

    def __init__(self, features, settings):
        n, d = len(features), len(features[0])
        self.means = [sum(map(Fraction, x)) / n if settings["centre"] else 0 for x in zip(*features)]
        self.rows = [self.centred(row) for row in features]
        self.level = Fraction(1, n) if settings["intercept"] else 0
        self.columns = list(zip(*self.rows))
        self.matrix = [[dot(a, b) for b in self.columns] for a in self.columns]
        [(form, strength)] = settings["lambda"].items()
        unit = sum(self.matrix[k][k] for k in range(d)) / d if form == "relative" else 1
        for k in range(d):
            self.matrix[k][k] += Fraction(strength) * unit

    def centred(self, row):
        return [Fraction(value) - mean for value, mean in zip(row, self.means, strict=True)]

    def contributions(self, h):
        """Section 1: alpha_i = x_i . u, u = M^-1 h; and 1/n with an intercept."""
        u = solve(self.matrix, self.centred(h))
        return [dot(row, u) + self.level for row in self.rows]

    def coefficients(self, labels, c):
        """Section 6.1: theta_c = M^-1 X' 1[y = c]."""
        return solve(self.matrix, [dot(column, indicator(labels, c)) for column in self.columns])


def radii(scores, thetas, c):
    """Section 6.1: the least (s_c - s_j) / ||theta_c - theta_j||, in the dual norm; None if infinite."""
    found = {"l2": [], "linf": []}
    for score, theta in zip(scores, thetas, strict=True):
        gradient = [a - b for a, b in zip(thetas[c], theta, strict=True)]
        if any(gradient):
            found["l2"].append(decimal(scores[c] - score) / decimal(dot(gradient, gradient)).sqrt())
            found["linf"].append((scores[c] - score) / sum(map(abs, gradient)))
    return {norm: min(values, default=None) for norm, values in found.items()}


class Contest:
    """Section 1: c stands against j while D = constant + sum_i w(y_i) alpha_i > 0, or >= 0 if c wins ties."""

    def __init__(self, c, j, rule, alpha, classes):
        self.rival, self.alpha, self.classes = j, alpha, classes
        if "threshold" in rule:
            sign = 1 if c == 1 else -1
            self.weights, self.wins_ties = [0, sign], c == 1
            self.constant = -sign * Fraction(rule["threshold"])
        else:
            self.weights, self.wins_ties, self.constant = [0] * classes, c < j, Fraction(0)
            self.weights[c], self.weights[j] = 1, -1

    def lead(self, labels):
        return self.constant + dot(self.alpha, [self.weights[y] for y in labels])

    def stands(self, lead):
        return lead > 0 or (lead == 0 and self.wins_ties)


def predicted_class(contests, labels):
    """Section 1: the class that stands against every rival."""
    stands = [all(one.stands(one.lead(labels)) for one in rivals) for rivals in contests]
    return stands.index(True)


def allowed_changes(labels, classes, threat):
    """Section 0: what the adversary may make of each row's label."""
    rows, pairs = threat.get("attackable"), threat.get("transitions")
    may = lambda i, y, l: l != y and (rows is None or i in rows) and (pairs is None or [y, l] in pairs)
    return [[l for l in range(classes) if may(i, y, l)] for i, y in enumerate(labels)]


def changeable(allowed):
    return sum(map(bool, allowed))


def exact_flips(contest, labels, allowed):
    """Section 2: the largest r for which c stands after the r largest gains; None if after all of them."""
    w, lead = contest.weights, contest.lead(labels)
    changes = zip(contest.alpha, labels, allowed, strict=True)
    gains = [max([a * (w[y] - w[l]) for l in others] + [0]) for a, y, others in changes]
    totals = accumulate(sorted(gains, reverse=True))
    return next((r for r, total in enumerate(totals) if not contest.stands(lead - total)), None)


def noisy_weights(contest, q):
    """Section 3: for each label y the law of w(Y) under noise: the probabilities of 1, 0 and -1."""
    chances = lambda y: [1 - q if l == y else q / (contest.classes - 1) for l in range(contest.classes)]
    shown = [indicator(contest.weights, weight) for weight in (1, 0, -1)]
    return [[dot(chances(y), one) for one in shown] for y in range(contest.classes)]


def log_moments(t, constant, rows):
    """Section 3.1: L = -t constant + sum_i log M_{y_i}(t alpha_i), M_y(z) = E exp(-z w(Y)); L' and L''."""
    moments, slope, curvature = Decimal(1), -constant, Decimal(0)
    for a, law in rows:
        e = (-t * a).exp()
        up, still, down = law[0] * e, law[1], law[2] / e
        moment = up + still + down
        mean = (up - down) / moment
        moments, slope = moments * moment, slope - a * mean
        curvature += a * a * ((up + down) / moment - mean * mean)
    return moments.ln() - t * constant, slope, curvature


def chernoff(contest, labels, q):
    """Section 3.2: t and log b = L(t) at the minimum of L, by Newton's method in a bracket.

    None and minus infinity if D > 0 whatever the labels, None and 0 if the mean of D is not positive.
    """
    laws = noisy_weights(contest, q)
    if contest.constant + dot(contest.alpha, [laws[y][0] - laws[y][2] for y in labels]) <= 0:
        return None, Decimal(0)
    if contest.constant + sum(min(a * w for w in contest.weights) for a in contest.alpha) > 0:
        return None, Decimal("-Infinity")
    laws = [[decimal(chance) for chance in law] for law in laws]
    rows = [(decimal(a), laws[y]) for a, y in zip(contest.alpha, labels, strict=True)]
    constant = decimal(contest.constant)
    low, high = Decimal(0), 1 / max(abs(a) for a, _ in rows)
    while log_moments(high, constant, rows)[1] < 0:
        low, high = high, 2 * high
    t, step = high, high
    while abs(step) > t * Decimal("1e-25"):  # the error of L is of the order of its square
        value, slope, curvature = log_moments(t, constant, rows)
        low, high = (t, high) if slope < 0 else (low, t)
        step = -slope / curvature
        t = t + step if low <= t + step <= high else (low + high) / 2
    return t, value


def kullback_leibler_flips(log_b, q, classes):
    """Section 3.3: floor(-log(4 p (1-p)) / (2 kappa)), p = 1 - b, kappa = (1 - q - q') log((1-q) / q')."""
    keep, other = decimal(1 - q), decimal(q / (classes - 1))
    kappa = (keep - other) * (keep / other).ln()
    return math.floor(-(Decimal(4).ln() + log_b + (1 - log_b.exp()).ln()) / (2 * kappa))


def neyman_pearson_thresholds(q, classes):
    """Section 3.4: log b_1, log b_2, ... `law` holds P(T = t) at r + t, and so Q(T = t) at r - t."""
    keep, other = decimal(1 - q), decimal(q / (classes - 1))
    law = [Decimal(1)]
    for r in count(1):
        shifted = zip([0, 0, *law], [0, *law, 0], [*law, 0, 0], strict=True)
        law = [other * (up + (classes - 2) * still) + keep * down for up, still, down in shifted]
        t0, above_p, above_q = r, Decimal(0), Decimal(0)
        while above_q + law[r - t0] < HALF:
            above_p, above_q, t0 = above_p + law[r + t0], above_q + law[r - t0], t0 - 1
        yield (above_p + (HALF - above_q) * (keep / other) ** -t0).ln()


def linear_flips(contest, labels, q, allowed, optimum):
    """Section 3.5: the largest r with L(t) + (the r largest delta_i(t)) < log(1/2) for a t of the grid."""
    laws = [[float(chance) for chance in law] for law in noisy_weights(contest, q)]
    rows = [(float(a), y, others) for a, y, others in zip(contest.alpha, labels, allowed, strict=True)]
    best = 0
    for k in range(OCTAVES * PER_OCTAVE):
        t, deltas = 2 * float(optimum) / 2 ** (k / PER_OCTAVE), []
        total = -t * float(contest.constant)
        for a, y, others in rows:
            e = math.exp(-t * a)
            logs = [math.log(up * e + still + down / e) for up, still, down in laws]
            total += logs[y]
            deltas.append(max([logs[l] - logs[y] for l in others] + [0]))
        totals = accumulate(sorted(deltas, reverse=True), initial=total)
        best = max(best, sum(value < math.log(0.5) for value in totals) - 1)
    return best


def distance(a, b):
    return sum(x != y for x, y in zip(a, b, strict=True))


def attacks(labels, allowed, most):
    """Section 0: every label vector that allowed changes of at most so many rows lead to."""
    vectors = product(*([y, *others] for y, others in zip(labels, allowed, strict=True)))
    return [vector for vector in vectors if distance(vector, labels) <= most]


def enumerated_flips(contests, labels, allowed):
    """Section 2: one less than the fewest changes that turn the prediction; as many as may be, if none do."""
    c, every = predicted_class(contests, labels), attacks(labels, allowed, len(labels))
    turned = [distance(vector, labels) for vector in every if predicted_class(contests, vector) != c]
    return min(turned, default=changeable(allowed) + 1) - 1


def win_probability(contest, q):
    """Section 3: P(D > 0) for any labels, from every noisy vector; a vector is a number, one-hot a row."""
    n, classes = len(contest.alpha), contest.classes
    bits = lambda vector: sum(1 << (i * classes + y) for i, y in enumerate(vector))
    wins = [bits(vector) for vector in product(range(classes), repeat=n) if contest.lead(vector) > 0]
    chances = [(1 - q) ** kept * (q / (classes - 1)) ** (n - kept) for kept in range(n + 1)]
    kept = lambda code: Counter((win & code).bit_count() for win in wins)
    return lambda labels: sum(number * chances[rows] for rows, number in kept(bits(labels)).items())


def check_rival(compare, place, contest, bound, labels, q, allowed, expected):
    """Sections 3.2 to 3.5 against one rival, and every attack of the certified size; returns the flips."""
    (t, log_b), most, classes = bound, changeable(allowed), contest.classes
    flips = {"kl": most, "np": most, "linear": most}
    if t is not None:
        thresholds = zip(range(most), neyman_pearson_thresholds(q, classes))
        flips["kl"] = min(most, kullback_leibler_flips(log_b, q, classes))
        flips["np"] = next((r for r, log_b_r in thresholds if log_b >= log_b_r), most)
        flips["linear"] = min(most, linear_flips(contest, labels, q, allowed, t))
    compare("certain", place, expected["certain"], t is None)
    compare("t", place, expected["t"], t)
    compare("logFailure", place, expected["logFailure"], None if t is None else log_b)
    for name, value in flips.items():
        compare(name, place, expected[name], value)
    if len(labels) <= FEW_ROWS:
        probability, anything = win_probability(contest, q), allowed_changes(labels, classes, {})
        compare("P(not D > 0) <= b", place, True, decimal(1 - probability(labels)) <= log_b.exp())
        for name in flips:  # the first two hold for attacks on any rows
            every = attacks(labels, allowed if name == "linear" else anything, expected[name])
            stands = min(map(probability, every)) > Fraction(1, 2)
            compare(f"{name}, every attack of that size", place, True, stands)
    return flips


def check_smoothed(compare, place, contests, labels, allowed, expected):
    """Section 3: the class whose bounds are all below 1/2, and its least certificates over the rivals."""
    q, winner, rivals = Fraction(expected["q"]), None, []
    for c, ones in enumerate(contests):
        bounds = [chernoff(contest, labels, q) for contest in ones]
        if all(log_b < LOG_HALF for _, log_b in bounds):
            winner, rivals = c, list(zip(ones, bounds))
    compare("smoothed prediction", place, expected["prediction"], winner)
    names = [rival["class"] for rival in expected["rivals"]]
    compare("smoothed rivals", place, names, [contest.rival for contest, _ in rivals])
    found = [
        check_rival(compare, f"{place}, rival {one.rival}", one, bound, labels, q, allowed, rival)
        for (one, bound), rival in zip(rivals, expected["rivals"])
    ]
    if found:
        compare("flips", place, expected["flips"], min(max(flips.values()) for flips in found))
        compare("klFlips", place, expected["klFlips"], min(flips["kl"] for flips in found))
        compare("npFlips", place, expected["npFlips"], min(flips["np"] for flips in found))


def check_query(compare, place, ridge, case, h, expected):
    """Sections 1, 2 and 6.1 for one query, and every attack on the exact classifier."""
    labels, classes = case["training"]["labels"], case["training"]["classes"]
    alpha, allowed = ridge.contributions(h), allowed_changes(labels, classes, case.get("threat", {}))
    scores = [dot(alpha, indicator(labels, c)) for c in range(classes)]
    for kind, values in (("alpha", alpha), ("scores", scores)):
        for i, (value, computed) in enumerate(zip(expected[kind], values, strict=True)):
            compare(kind, f"{place}, number {i}", value, computed)
    contest = lambda c, j: Contest(c, j, case["settings"]["rule"], alpha, classes)
    contests = [[contest(c, j) for j in range(classes) if j != c] for c in range(classes)]
    c = predicted_class(contests, labels)
    compare("prediction", place, expected["prediction"], c)
    broken = [exact_flips(contest, labels, allowed) for contest in contests[c]]
    least = min((r for r in broken if r is not None), default=None)
    compare("exact unbreakable", place, expected["exact"]["unbreakable"], least is None)
    flips = changeable(allowed) if least is None else least
    compare("exact flips", place, expected["exact"]["flips"], flips)
    if len(labels) <= FEW_ROWS:
        fewest = enumerated_flips(contests, labels, allowed)
        compare("exact flips, every attack", place, expected["exact"]["flips"], fewest)
    if "radius" in expected:
        computed = radii(scores, [ridge.coefficients(labels, j) for j in range(classes)], c)
        for norm, value in expected["radius"].items():
            compare(f"radius {norm}", place, value, computed[norm])
    for smoothed in expected["smoothed"]:
        check_smoothed(compare, f"{place}, q = {smoothed['q']}", contests, labels, allowed, smoothed)


def check_ensemble(compare, place, ensemble):
    """Section 5: votes, black-box flips, and white-box flips by every way that partitions may vote."""
    partitions, classes = ensemble["partitions"], range(ensemble["classes"])
    counted = lambda votes: [votes.count(c) for c in classes]
    elected = lambda votes: max(classes, key=counted(votes).__getitem__)  # the first of equals
    votes = [one["vote"] for one in partitions]
    n, c = counted(votes), elected(votes)
    compare("votes", place, ensemble["votes"], n)
    compare("ensemble prediction", place, ensemble["prediction"], c)
    black_box = min((n[c] - n[j] - (j < c)) // 2 for j in classes if j != c)
    compare("blackBox", place, ensemble["blackBox"], black_box)
    cost = lambda votes: sum(one["flipsTo"][vote] for one, vote in zip(partitions, votes, strict=True))
    turned = (votes for votes in product(classes, repeat=len(partitions)) if elected(votes) != c)
    compare("whiteBox", place, ensemble["whiteBox"], min(map(cost, turned)) - 1)


def main(folder):
    comparison = Comparison()
    cases = lambda name: enumerate(json.loads((folder / name).read_text()))
    for k, case in cases("certificates.json"):
        ridge = Ridge(case["training"]["features"], case["settings"])
        for i, query in enumerate(case["queries"]):
            place = f"certificates.json, case {k}, query {i}"
            check_query(comparison.compare, place, ridge, case, query["h"], query["expected"])
    for k, case in cases("neyman-pearson.json"):
        every = neyman_pearson_thresholds(Fraction(case["q"]), case["classes"])
        computed = next(islice(every, case["flips"] - 1, None))
        comparison.compare("logThreshold", f"neyman-pearson.json, case {k}", case["logThreshold"], computed)
    for k, ensemble in cases("partitions.json"):
        check_ensemble(comparison.compare, f"partitions.json, case {k}", ensemble)
    return comparison.report()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
