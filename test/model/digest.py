"""The digests of test/model/content.test.ts, straight from docs/digest.md: python3 test/model/digest.py

Written from that page with Python's json, struct and hashlib; shares nothing with src. The settings are the defaults of
spec/api.md; JSON of these numbers and ASCII names is canonical once its members are sorted.
"""

import hashlib
import json
import struct

MISSING = bytes.fromhex("000000000000f87f")  # NaN 0x7ff8000000000000, little-endian


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def doubles(values):
    return b"".join(MISSING if value is None else struct.pack("<d", value) for value in values)


def integers(values):
    return struct.pack(f"<{len(values)}i", *values)


def digest(manifest):
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + sha256(text.encode())


def settings(standardise):
    return {
        "centre": True,
        "intercept": False,
        "lambda": {"relative": 1},
        "rule": {"kind": "argmax"},
        "noise": {"q": 0.2},
        "weights": "raw",
        "partitions": None,
        "features": {"standardise": standardise, "unitNorm": False, "randomFourier": None},
    }


labels = integers([1, 0, 1])
table = (
    doubles([1.5, None, -2])  # income
    + integers([1, -1, 0])  # job: cook, missing, actor
    + doubles([1, 0, None])  # owner: true, false, missing
)
print("table", digest({
    "format": "surety-model/1",
    "classes": ["bad", "good"],
    "columns": [
        {"name": "income", "type": "number", "ignored": False},
        {"name": "job", "type": "category", "levels": ["actor", "cook"], "ignored": True},
        {"name": "owner", "type": "boolean", "ignored": False},
    ],
    "target": "outcome",
    "rows": 3,
    "settings": settings(True),
    "sha256": {"labels": sha256(labels), "table": sha256(table)},
}))

vectors = struct.pack("<6f", 0.1, 0, 3, 4.5, 1e-60, 2)  # the second is sent as -0
print("vectors", digest({
    "format": "surety-model/1",
    "classes": ["good", "bad"],
    "rows": 3,
    "settings": settings(False),
    "sha256": {"labels": sha256(integers([0, 1, 0])), "vectors": sha256(vectors)},
}))
