"""Measurements that look for a load: the most subscribers a core holds, and the latency of a core half loaded."""

import functools

from .measurement import Failure, complaint, measure
from .report import number, table

SERVER_CPU, GENERATOR_CPU = "0", "1"
MAXIMUM_P99 = 20.0


def pinned(server):
    """The server with as many threads for media as it has processors: one."""
    return functools.partial(server, cores=1)


def run_maximum(net, chosen, found, record):
    """The highest 1->N at 2.5 Mbit/s that one core of server holds: all connected, nothing lost, p99 at most 20 ms."""
    record["maximum"] = {}
    for server in found:
        print(f"\nLooking for the most subscribers of {server.name}, pinned to one core.", flush=True)
        highest, result = search_subscribers(net, chosen, server)
        record["maximum"][server.name] = {"subscribers": highest, "result": result}
    rows = [
        [name, entry["subscribers"], number(entry["result"]["latencyMilliseconds"]["p99"]) if entry["result"] else "",
         number(entry["result"]["serverCPU"]) if entry["result"] else "",
         number(entry["result"]["generatorCPU"]) if entry["result"] else ""]
        for name, entry in record["maximum"].items()]
    print()
    print(table(rows, ["server", "1->N on one core", "p99 ms", "server CPU", "generator CPU"]))


def search_subscribers(net, chosen, server):
    """Doubles until it fails, then halves the interval down to a twentieth."""
    low, high, best, count = 0, None, None, 25
    while high is None or high - low > max(5, low // 20):
        result = holds(net, chosen, server, count)
        if result:
            low, best = count, result
        else:
            high = count
        count = low * 2 if high is None else (low + high) // 2
        if count > 4000 or count < 2:
            break
    return low, best


def holds(net, chosen, server, count):
    # More than one source of chance is at work on a machine: a failure has to repeat itself to count.
    for _ in range(2):
        options = {"subscribers": count, "join-rate": 100, "duration": min(chosen.duration, 5)}
        try:
            result = measure(
                net, f"{chosen.binaries}/LoadGenerator", pinned(server), options, SERVER_CPU, GENERATOR_CPU)
        except Failure as failure:
            print(f"  {count}: {failure}", flush=True)
            continue
        p99 = result["latencyMilliseconds"]["p99"]
        print(
            f"  {count}: p99 {p99:.2f} ms, CPU {result['serverCPU']:.2f}, generator {result['generatorCPU']:.2f}"
            f" {complaint(result)}", flush=True)
        if p99 <= MAXIMUM_P99 and not complaint(result):
            return result
    return None


def run_latency(net, chosen, found, record):
    """One-way latency of 1->100 while the server's core is loaded to 50 +- 5 %: the bit rate is looked for. Packets are
    evenly spaced, since a frame's packets sent together would wait for each other however fast the server is."""
    record["latencyHalfLoaded"] = {}
    for server in found:
        print(f"\nLooking for the load that takes half a core of {server.name}.", flush=True)
        bitrate, best = 2_500_000, None
        for _ in range(6):
            options = {
                "subscribers": 100, "pace": "even", "video-bitrate": int(bitrate), "join-rate": 100,
                "duration": min(chosen.duration, 10), "sweep": 1}
            try:
                result = measure(
                    net, f"{chosen.binaries}/LoadGenerator", pinned(server), options, SERVER_CPU, GENERATOR_CPU)
            except Failure as failure:
                print(f"  {bitrate / 1e6:.1f} Mbit/s: {failure}", flush=True)
                break
            cpu = result["serverCPU"]
            print(
                f"  {bitrate / 1e6:.1f} Mbit/s: CPU {cpu:.2f}, p99 {result['latencyMilliseconds']['p99']:.2f} ms"
                f" {complaint(result)}", flush=True)
            if 0.45 <= cpu <= 0.55:
                best = {"bitrate": int(bitrate), **result}
                break
            bitrate *= min(4.0, 0.5 / max(cpu, 0.05))
        record["latencyHalfLoaded"][server.name] = best
    rows = [
        [name, *([number(entry["bitrate"] / 1e6, 1), number(entry["serverCPU"]),
                  *(number(entry["latencyMilliseconds"][p]) for p in ("p50", "p95", "p99", "max")),
                  number(entry["cpuMicrosecondsPerPacket"])] if entry else ["no load found"] + [""] * 6)]
        for name, entry in record["latencyHalfLoaded"].items()]
    print()
    print(table(rows, ["server", "Mbit/s", "CPU", "p50 ms", "p95", "p99", "max", "us/packet"]))
