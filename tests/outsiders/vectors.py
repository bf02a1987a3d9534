"""Makes docs/formats/vectors/tree.json: roots, proofs, tiles and a cosignature, by a program that shares nothing with ours.

Word by word after RFC 6962 (2.1), C2SP tlog-tiles, signed-note and tlog-cosignature. Needs the package `cryptography`.
Run from the root of the repository: python3 tests/outsiders/vectors.py > docs/formats/vectors/tree.json
"""

import base64
import hashlib
import json
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIZES = [0, 1, 255, 256, 257, 65535, 65536, 65537]


def entry(n):
    return str(n).encode()


@lru_cache(maxsize=None)
def mth(start, end):
    if end - start == 0:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return hashlib.sha256(b"\0" + entry(start)).digest()
    k = split(end - start)
    return hashlib.sha256(b"\1" + mth(start, start + k) + mth(start + k, end)).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m, start, end):
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return path(m, start, start + k) + [mth(start + k, end)]
    return path(m - k, start + k, end) + [mth(start, start + k)]


def subproof(m, start, end, whole):
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return subproof(m, start, start + k, whole) + [mth(start + k, end)]
    return subproof(m - k, start + k, end, False) + [mth(start, start + k)]


def hexed(hashes):
    return [one.hex() for one in hashes]


def tree(size):
    places = sorted({0, size // 2, size - 1}) if size else []
    olds = sorted({old for old in SIZES + [size // 2] if 0 < old < size})
    return {
        "size": size,
        "root": mth(0, size).hex(),
        "inclusion": [{"index": m, "path": hexed(path(m, 0, size))} for m in places],
        "consistency": [{"old": m, "path": hexed(subproof(m, 0, size, True))} for m in olds],
    }


def name(number):
    parts = []
    while True:
        parts.append(f"{number % 1000:03}")
        number //= 1000
        if not number:
            break
    return "/".join("x" + part for part in reversed(parts[1:])) + ("/" if parts[1:] else "") + parts[0]


def tiles(size):
    found = {}
    for level, step in enumerate([1, 256, 65536]):
        count = size // step
        for number in range(-(-count // 256)):
            first, last = number * 256, min(number * 256 + 256, count)
            hashes = b"".join(mth(n * step, (n + 1) * step) for n in range(first, last))
            part = "" if last - first == 256 else f".p/{last - first}"
            found[f"tile/{level}/{name(number)}{part}"] = hashlib.sha256(hashes).hexdigest()
    for number in range(-(-size // 256)):
        first, last = number * 256, min(number * 256 + 256, size)
        content = b"".join(len(entry(n)).to_bytes(2, "big") + entry(n) for n in range(first, last))
        part = "" if last - first == 256 else f".p/{last - first}"
        found[f"tile/entries/{name(number)}{part}"] = hashlib.sha256(content).hexdigest()
    # One digest over all lines, and a few of them to look for what differs.
    lines = "".join(f"{path} {digest}\n" for path, digest in sorted(found.items()))
    some = sorted(found)[:2] + sorted(found)[-2:] if found else []
    return {
        "size": size,
        "count": len(found),
        "list_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "some": {path: found[path] for path in some},
    }


def line(key, name, kind, signature):
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    number = hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]
    verifier = f"{name}+{number.hex()}+{base64.b64encode(kind + public).decode()}"
    return verifier, f"\u2014 {name} {base64.b64encode(number + signature).decode()}\n"


def cosigned():
    log, witness = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    body = f"vectors.example.jp/log\n257\n{base64.b64encode(mth(0, 257)).decode()}\n"
    log_key, log_line = line(log, "vectors.example.jp/log", b"\1", log.sign(body.encode()))
    seconds = 1_700_000_000
    message = f"cosignature/v1\ntime {seconds}\n{body}".encode()
    signature = seconds.to_bytes(8, "big") + witness.sign(message)
    key, cosignature = line(witness, "vectors.example.jp/witness", b"\4", signature)
    return {
        "log_key": log_key,
        "witness_key": key,
        "seconds": seconds,
        "note": f"{body}\n{log_line}",
        "cosigned": f"{body}\n{log_line}{cosignature}",
    }


print(json.dumps({
    "entry": "entry n is the number n in ASCII decimals",
    "trees": [tree(size) for size in SIZES],
    "tiles": [tiles(size) for size in SIZES],
    "cosignature": cosigned(),
}, indent=1))
