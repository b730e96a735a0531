"""The machine's own limits, measured in the same run and over the same veth pair as the servers."""

import json
import subprocess

from . import network

PORT = "47000"


def measure(net, binary, rounds):
    """Nanoseconds of processor time per packet, by what was done."""
    crypto = json.loads(subprocess.run([binary, "crypto"], check=True, capture_output=True, text=True).stdout)
    return {**crypto, **send(net, binary, "send", network.FIRST_TRANSPORT, PORT, rounds)}


def broadcast(net, binary, subscribers, pace, seconds):
    """What a bare loop takes that encrypts and sends a broadcast's packets when a server would."""
    return send(net, binary, "broadcast", network.FIRST_TRANSPORT, PORT, subscribers, pace, seconds)


def send(net, binary, *words):
    sink = subprocess.Popen(
        network.inside(net.generator, [binary, "sink", PORT]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        sent = subprocess.run(
            network.inside(net.server, [binary, *map(str, words)]), check=True, capture_output=True, text=True)
    finally:
        received = sink.communicate("\n", timeout=30)[0]
    result = json.loads(sent.stdout)
    # A sink that can't keep up makes the kernel throw packets away, which is cheaper than delivering them.
    result["share delivered"] = int(received) / result.pop("packets")
    return result
