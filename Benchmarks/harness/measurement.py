"""One run of the load generator against a fresh server."""

import json
import pathlib
import subprocess
import tempfile

from . import network
from .servers import StartFailure


class Failure(Exception):
    pass


def measure(net, binary, make_server, options, server_cpus=None, generator_cpus=None, show=False):
    """Starts a server, loads it, stops it. Returns the load generator's result."""
    try:
        started = make_server(net.server, server_cpus)
    except StartFailure as failure:
        raise Failure(str(failure)) from None
    with started as server, tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "result.json")
        command = [
            binary, *server.arguments, "--first-address", network.FIRST_TRANSPORT, "--server-pid", str(server.pid),
            "--output", str(output)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        run = subprocess.run(
            network.inside(net.generator, command, generator_cpus), capture_output=True, text=True, timeout=600)
        if run.returncode != 0 or not output.exists():
            raise Failure((run.stdout + run.stderr).strip()[-500:] + "\n" + server.log()[-500:])
        if show:
            print(run.stdout)
        return json.loads(output.read_text())


def complaint(result):
    """Why a result is not to be trusted; empty when it is."""
    reasons = []
    wanted = result["publishers"] + result["subscriberConnections"]
    if result["connected"] != wanted:
        reasons.append(f"{wanted - result['connected']} not connected")
    for name, words in (
            ("lost", "lost"), ("droppedByReceiver", "dropped by the generator"), ("foreign", "not what was sent"),
            ("undecipherable", "undecipherable"), ("unsentByGenerator", "not sent"), ("jumps", "jumps in numbering")):
        if result[name]:
            reasons.append(f"{result[name]} {words}")
    return ", ".join(reasons)
