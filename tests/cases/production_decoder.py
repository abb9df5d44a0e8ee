#!/usr/bin/env python3
"""A decoder that leaves what a production decoder leaves: the lists of tests/naive_decoder.py, without its faults, and what
else the format allows.

    production_decoder.py SNAPSHOT DUMP [FORM]...

The forms are `manifest`, `keymap`, `folders` and `families`; all of them if none is named. `wrong-lists` is a fault: the
items of each list come in the other order.
"""

import hashlib
import json
import os
import runpy
import sys

snapshot, dump, *forms = sys.argv[1:]
forms = set(forms) or {"manifest", "keymap", "folders", "families"}
faults = ["bare-only", "last-row-wins", "tombstones-skipped", "delta-prefix"]
naive = os.path.join(os.path.dirname(__file__), "..", "naive_decoder.py")
sys.argv = [naive, *(word for fault in faults for word in ("--fix", fault)), snapshot, dump]
runpy.run_path(naive)  # which exits with another code than 0 if it refuses the snapshot


def path(name):
    return os.path.join(dump, name)


def write(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w") as file:
        file.write(text)


def read(name):
    with open(path(name)) as file:
        return file.read()


if "manifest" in forms:
    members = {"format_version": 1, "phase": "phase0-snapshot-decode", "elastickv_version": "dev"}
    members |= json.loads(read("MANIFEST.json"))
    tail = {name: members.pop(name) for name in list(members)[list(members).index("wall_time_iso"):]}
    tail["wall_time_iso"] = "2026-01-01T00:00:00.123456789Z"
    members |= {"shards": [{"raft_group_id": 1}], "wall_time_iso": tail["wall_time_iso"], "source": {"fsm_path": snapshot}}
    members |= {"adapters": {name: {} for name in ("dynamodb", "s3", "redis", "sqs")}}
    members |= {name: value for name, value in tail.items() if name not in members}
    members["exclusions"]["rename_s3_collisions"] = True
    write("MANIFEST.json", json.dumps(members, indent=2) + "\n")
if "keymap" in forms and os.path.exists(path("redis/db_0/KEYMAP.jsonl")):
    lines = read("redis/db_0/KEYMAP.jsonl").splitlines(keepends=True)
    write("redis/db_0/KEYMAP.jsonl", "".join(lines[:1] + lines[::-1]))
if "folders" in forms:
    for folder in ("redis/db_0/hashes", "redis/db_1", "s3"):
        os.makedirs(path(folder), exist_ok=True)
if "families" in forms:
    write("redis/db_0/hashes/h.json", "{}")
    write("redis/db_0/strings/s.bin", "v")
    write("redis/db_0/strings_ttl.jsonl", '{"key":"s","expire_at_ms":1}\n')
    write("dynamodb/t/_schema.json", "{}")
if "wrong-lists" in forms:
    lists = path("redis/db_0/lists")
    for name in os.listdir(lists) if os.path.isdir(lists) else []:
        head, separator, rest = read(f"redis/db_0/lists/{name}").partition('"items": [\n')
        items, end, tail = rest.partition("\n  ],")
        if items and "{" not in items:
            items = ",\n".join(reversed(items.split(",\n")))
        write(f"redis/db_0/lists/{name}", head + separator + items + end + tail)

sums = []
for folder, _, names in os.walk(dump):
    for name in names:
        file = os.path.relpath(os.path.join(folder, name), dump)
        if file != "CHECKSUMS":
            with open(path(file), "rb") as bytes_of:
                sums.append((file.encode(), hashlib.sha256(bytes_of.read()).hexdigest()))
with open(path("CHECKSUMS"), "wb") as file:
    file.writelines(b"%s  %s\n" % (digest.encode(), name) for name, digest in sorted(sums))
