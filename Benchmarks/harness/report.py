"""Medians, ratios and the table."""

import statistics


def median(results, *path):
    values = []
    for result in results:
        for name in path:
            result = result[name]
        values.append(result)
    return statistics.median(values) if values else None


def summary(results):
    """The medians of several runs of one scenario on one server."""
    if not results:
        return None
    return {
        "runs": len(results),
        "cpuMicrosecondsPerPacket": median(results, "cpuMicrosecondsPerPacket"),
        "serverCPU": median(results, "serverCPU"),
        "packetsOutPerSecond": median(results, "packetsOutPerSecond"),
        "latencyP50": median(results, "latencyMilliseconds", "p50"),
        "latencyP99": median(results, "latencyMilliseconds", "p99"),
        "latencyMax": median(results, "latencyMilliseconds", "max"),
        "joinP95": median(results, "joinMilliseconds", "p95"),
        "lostOfMillion": 1e6 * sum(r["lost"] for r in results) / max(1, sum(r["expected"] for r in results)),
        "unconnected": max(r["publishers"] + r["subscriberConnections"] - r["connected"] for r in results),
        "generatorLateP99": median(results, "generatorLatenessMilliseconds", "p99"),
        "kibPerSubscriber": median(results, "residentKiBPerSubscriber"),
        "subscriberConnections": results[0]["subscriberConnections"],
        "hasFeedback": all(r["hasFeedback"] for r in results),
    }


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}"


def table(rows, head):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows]]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


HEAD = ["scenario", "server", "us/packet", "ours to it", "CPU", "out /s", "latency p50", "p99", "max", "join p95",
        "lost/million", "KiB/sub", "gen late p99"]


def scenario_rows(title, summaries):
    """One line for each server; `summaries` are by its name and, behind a comma, how it is used; ours first."""
    ours_by_use = {}
    for name, found in summaries.items():
        ours_by_use.setdefault(name.partition(", ")[2], (name, found))
    for index, (name, found) in enumerate(summaries.items()):
        if found is None:
            yield [title if index == 0 else "", name, "failed", *[""] * 10]
            continue
        ratio = ""
        our_name, ours = ours_by_use[name.partition(", ")[2]]
        if name != our_name and ours and found["cpuMicrosecondsPerPacket"] and ours["cpuMicrosecondsPerPacket"]:
            ratio = f"1/{found['cpuMicrosecondsPerPacket'] / ours['cpuMicrosecondsPerPacket']:.2f}"
        # What a server that loses packets spends on those that arrive says nothing.
        mark = "*" if found["lostOfMillion"] else ""
        # Of few subscribers chance makes more than they need.
        memory = found["kibPerSubscriber"] if found["subscriberConnections"] >= 50 else None
        yield [
            title if index == 0 else "", name, number(found["cpuMicrosecondsPerPacket"]) + mark, ratio + mark,
            number(found["serverCPU"]), number(found["packetsOutPerSecond"], 0), number(found["latencyP50"]),
            number(found["latencyP99"]), number(found["latencyMax"]), number(found["joinP95"], 0),
            number(found["lostOfMillion"], 1), number(memory, 0),
            number(found["generatorLateP99"])]
