#!/usr/bin/env python3
"""A small snapshot decoder with four faults that naive decoders have, each of which can be switched off.

    naive_decoder.py [--fix FAULT]... SNAPSHOT DUMP

Written from the description of the format and from nothing else, so that with all faults fixed it is a second opinion on
what the probes expect.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import struct
import sys

FAULTS = {
    "bare-only": "knows bare streams without any framing",
    "last-row-wins": "takes the last row of a key, whatever commit wrote it",
    "tombstones-skipped": "passes over tombstones and does not remember them",
    "delta-prefix": "takes every key under the deltas' prefix for a delta",
}

I64_MAX = (1 << 63) - 1
KEY_LIMIT, VALUE_LIMIT = (1 << 20) + 8, (256 << 20) + 43
NUMBER_ROWS = {
    b"_meta_applied_index", b"_meta_last_commit_ts", b"_meta_min_retained_ts", b"_meta_pending_min_retained_ts",
}
WRITERS = b"!encryption|writers|"
META, ITEM, DELTA, CLAIM, TTL = b"!lst|meta|", b"!lst|itm|", b"!lst|meta|d|", b"!lst|claim|", b"!redis|ttl|"


class Refused(Exception):
    pass


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


def crc32c(data):
    table, crc = crc32c_table(), 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def rows_of(data, faults):
    """The last commit and the rows of a file; the checksum is checked."""
    start, has_footer = 0, False
    if "bare-only" not in faults:
        if data[:8] == b"EKVTHLC1":
            start, has_footer = 16, True
        elif data[:8] == b"EKVTHLC2":
            if len(data) < 10:
                raise Refused("the outer header is cut")
            length = struct.unpack(">H", data[8:10])[0]
            if not 16 <= length <= 1024:
                raise Refused(f"an outer header of {length} bytes")
            start, has_footer = 10 + length, True
    if data[start:start + 8] != b"EKVPBBL1" or len(data) < start + 16:
        raise Refused("no bare stream")
    last_commit = struct.unpack("<Q", data[start + 8:start + 16])[0]
    end = len(data) - 4 if has_footer else len(data)
    rows, at = [], start + 16
    while at < end:
        if not has_footer and end - at == 4 and "bare-only" not in faults:
            has_footer, end = True, at  # an old engine's
            break
        fields = []
        for limit in (KEY_LIMIT, VALUE_LIMIT):
            if end - at < 8:
                raise Refused(f"row {len(rows) + 1}, offset {at}: the file ends in a length")
            length = struct.unpack("<Q", data[at:at + 8])[0]
            if length > limit:
                raise Refused(f"row {len(rows) + 1}, offset {at}: length {length} is over the limit")
            at += 8
            if end - at < length:
                raise Refused(f"row {len(rows) + 1}, offset {at}: the file ends in a row")
            fields.append(data[at:at + length])
            at += length
        rows.append(tuple(fields))
    if has_footer and (end < at or crc32c(data[:end]) != struct.unpack(">I", data[end:end + 4])[0]):
        raise Refused("the checksum is wrong")
    return last_commit, rows


def is_raw(key, value):
    expected = 8 if key in NUMBER_ROWS else 12 if key.startswith(WRITERS) and len(key) == len(WRITERS) + 7 else None
    if expected is not None and len(value) != expected:
        raise Refused(f"row {key!r}: a value of {len(value)} bytes")
    return expected is not None


def records_of(last_commit, rows, faults):
    """The state at the last commit, as a dictionary."""
    newest = {}
    for key, value in rows:
        if is_raw(key, value):
            continue
        if len(key) < 8 or len(value) < 9:
            raise Refused(f"row {key!r}: too short")
        logical, commit = key[:-8], ~struct.unpack(">Q", key[-8:])[0] & 0xFFFFFFFFFFFFFFFF
        flags, body = value[0], value[9:]
        if flags & ~1:
            raise Refused(f"row {key!r}: flags {flags:#x}")
        if flags and body:
            raise Refused(f"row {key!r}: a tombstone with a body")
        if flags and "tombstones-skipped" in faults:
            continue
        if "last-row-wins" in faults:
            newest[logical] = (0, None if flags else body)
        elif commit <= last_commit and newest.get(logical, (0,))[0] <= commit:
            newest[logical] = (commit, None if flags else body)
    return {key: body for key, (_, body) in newest.items() if body is not None}


def split_lengths(rest, suffix, key):
    if len(rest) < 4 + suffix or struct.unpack(">I", rest[:4])[0] != len(rest) - 4 - suffix:
        raise Refused(f"record {key!r}: malformed length prefix")


def lists_of(records, faults):
    """User key -> (items, expiry)."""
    items, metas, ttls = {}, {}, {}
    for key, value in records.items():
        if key.startswith(ITEM):
            rest = key[len(ITEM):]
            if len(rest) < 8:
                raise Refused(f"record {key!r}: no sequence number")
            items.setdefault(rest[:-8], {})[rest[-8:]] = value
        elif key.startswith(META):
            is_meta = len(value) in (24, 32)
            if is_meta and struct.unpack(">Q", value[16:24])[0] > I64_MAX:
                raise Refused(f"record {key!r}: the length is too large")
            if key.startswith(DELTA) and "delta-prefix" in faults and is_meta:
                continue  # "a delta"
            if is_meta:
                metas[key[len(META):]] = value
            elif key.startswith(DELTA) and len(value) == 16:
                split_lengths(key[len(DELTA):], 12, key)
            else:
                raise Refused(f"record {key!r}: a value of {len(value)} bytes")
        elif key.startswith(CLAIM):
            split_lengths(key[len(CLAIM):], 8, key)
        elif key.startswith(TTL):
            if len(value) != 8:
                raise Refused(f"record {key!r}: a value of {len(value)} bytes")
            ttls[key[len(TTL):]] = min(struct.unpack(">Q", value)[0], I64_MAX)
    lists = {}
    for user_key in set(items) | set(metas):
        expiry = ttls.get(user_key)
        if len(metas.get(user_key, b"")) == 32:
            expiry = struct.unpack(">Q", metas[user_key][24:])[0] or None
        in_order = sorted(items.get(user_key, {}).items())
        lists[user_key] = ([item for _, item in in_order], expiry)
    return lists


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def percent(data):
    return "".join(chr(b) if re.match(rb"[A-Za-z0-9._-]", bytes([b])) else f"%{b:02X}" for b in data)


def segment(user_key):
    """The file name, and whether it is a fallback."""
    text = percent(user_key)
    if len(user_key) > 240 or len(text) > 240 or text.startswith("b64.") or re.match("[0-9A-Fa-f]{32}__", text):
        return hashlib.sha256(user_key).hexdigest()[:32] + "__" + percent(user_key[:64]), True
    return text, False


ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029",
}


def json_item(item):
    try:
        text = item.decode("utf-8")
    except UnicodeDecodeError:
        return '    {\n      "base64": "%s"\n    }' % base64url(item)
    return '    "%s"' % "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text)


def body(items, expiry):
    shown = "[]" if not items else "[\n%s\n  ]" % ",\n".join(map(json_item, items))
    expiry = "null" if expiry is None else expiry
    return '{\n  "format_version": 1,\n  "items": %s,\n  "expire_at_ms": %s\n}' % (shown, expiry)


def manifest(last_commit):
    members = {"format_version": 1, "phase": "phase0-snapshot-decode"}
    if last_commit:
        members["last_commit_ts"] = last_commit
    members |= {
        "wall_time_iso": "2026-01-01T00:00:00Z",
        "adapters": {"redis": {}},
        "exclusions": {
            "include_incomplete_uploads": False,
            "include_orphans": False,
            "preserve_sqs_visibility": False,
            "include_sqs_side_records": False,
        },
        "checksum_algorithm": "sha256",
        "checksum_format": "sha256sum",
        "encoded_filename_charset": "rfc3986-unreserved-plus-percent",
        "key_segment_max_bytes": 240,
        "s3_meta_suffix": ".elastickv-meta.json",
        "s3_collision_strategy": "leaf-data-suffix",
        "dynamodb_layout": "per-item",
    }
    return json.dumps(members, indent=2) + "\n"


def files_of(lists, last_commit):
    files, keymap = {}, ""
    for user_key, (items, expiry) in sorted(lists.items()):
        name, is_fallback = segment(user_key)
        files[f"redis/db_0/lists/{name}.json"] = body(items, expiry).encode()
        if is_fallback:
            keymap += '{"encoded":"%s","original":"%s","kind":"sha-fallback"}\n' % (name, base64url(user_key))
    if keymap:
        files["redis/db_0/KEYMAP.jsonl"] = keymap.encode()
    files["MANIFEST.json"] = manifest(last_commit).encode()
    sums = (f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items()))
    files["CHECKSUMS"] = "".join(sums).encode()
    return files


def main(words):
    faults = set(FAULTS)
    while words[:1] == ["--fix"]:
        faults.remove(words[1])
        words = words[2:]
    snapshot, dump = words
    try:
        with open(snapshot, "rb") as file:
            last_commit, rows = rows_of(file.read(), faults)
        files = files_of(lists_of(records_of(last_commit, rows, faults), faults), last_commit)
    except Refused as refused:
        sys.exit(f"{snapshot}: {refused}")
    unfinished = dump + ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for path, data in files.items():
        path = os.path.join(unfinished, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    os.rename(unfinished, dump)


main(sys.argv[1:])
