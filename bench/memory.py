"""Memory of a serving process: idle, and at its most under load.

    ours    the registry as it is served, asked by 64 connections as fast as it goes: hits, strangers, and queries with
            a name, which load the tables of names
    bare    the bare handler of `lookup.py`, for what Python, Litestar and the server take by themselves

Prints the resident memory after the start and its peak by the end of each load (`VmRSS` and `VmHWM` of the kernel,
MiB). Linux only. The peak of ours is compared with the limit that is promised; the command fails when it is over.

    python bench/memory.py [--seconds 30] [--persons 2000]
"""

import argparse
import json
import sys
from pathlib import Path

import bench_load
from lookup import CONNECTIONS, Bench, on_its_own, phone, prepare, stranger, typical

LIMIT_MIB = 220
#: Other names than these are as large.
NAMES = ("Шевченко Олександр", "Kovalenko Iryna", "Мельник Ю.", "Ткачук Софія Андріївна")


def memory(pid: int) -> tuple[float, float]:
    """Resident now, and the most it ever was; MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines)
    now, most = (int(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def by_name(key: str, number: int) -> bytes:
    """A lookup by a name and a phone: the sealed record is opened and compared."""
    subject = {
        "phone": phone(number) if number % 2 else stranger(number),
        "name": NAMES[number % 4],
    }
    body = {"subject": subject, "purpose": "order", "reference": "order-4711"}
    return bench_load.request("/v1/lookups", key, json.dumps(body).encode())


async def measure(options: argparse.Namespace, url: str, folder: Path) -> bool:
    """Every side, load after load; whether ours kept to the limit."""
    key, postmaster = await prepare(url, folder, options.persons)
    bench = Bench(options, url, folder, key, postmaster)
    bench.mixes["names"] = [by_name(key, n % options.persons) for n in range(10_000)]
    (folder / "answer.json").write_bytes(await typical(bench))
    peak = 0.0
    with bench.serving(("ours", "bare")) as ports:
        for side, mixes in (("bare", ["hits"]), ("ours", ["hits", "misses", "names"])):
            (pid,) = bench.pids(ports[side])
            print(f"{side:5} idle   {memory(pid)[0]:6.1f} MiB", flush=True)
            for mix in mixes:
                load = await bench_load.run(
                    ports[side],
                    bench.mixes[mix],
                    seconds=options.seconds,
                    connections=CONNECTIONS,
                )
                now, most = memory(pid)
                print(
                    f"{side:5} {mix:7}{now:6.1f} MiB, at most {most:6.1f}, at {load.rate:5.0f}/s",
                    flush=True,
                )
            peak = most
    print(f"ours at most {peak:.1f} of {LIMIT_MIB} MiB")
    return peak <= LIMIT_MIB


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--persons", type=int, default=2000)
    options = parser.parse_args()
    sys.exit(not on_its_own(lambda url, folder: measure(options, url, folder)))


if __name__ == "__main__":
    main()
