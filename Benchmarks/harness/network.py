"""Two network namespaces joined by a veth pair: one for the server, one for the load generator.

The generator's side owns a whole /16 without an interface address each, so that every transport can have an address of
its own behind one socket.
"""

import os
import subprocess

SERVER_ADDRESS = "10.98.0.1"
GENERATOR_ADDRESS = "10.98.0.2"
TRANSPORT_NETWORK = "10.99.0.0/16"
FIRST_TRANSPORT = "10.99.0.1"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    def __init__(self):
        number = os.getpid() % 100000
        self.server = f"sluice-s{number}"
        self.generator = f"sluice-g{number}"
        self.created = []
        try:
            self._create(f"sls{number}", f"slg{number}")
        except subprocess.CalledProcessError as error:
            self.remove()
            raise SystemExit(f"network namespaces need root: {error.cmd}: {error.stderr.strip()}")

    def _create(self, server_link, generator_link):
        for name in (self.server, self.generator):
            ip("netns", "add", name)
            self.created.append(name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.server, "link", "add", server_link, "type", "veth", "peer", "name", generator_link, "netns",
           self.generator)
        ip("-n", self.server, "addr", "add", f"{SERVER_ADDRESS}/30", "dev", server_link)
        ip("-n", self.generator, "addr", "add", f"{GENERATOR_ADDRESS}/30", "dev", generator_link)
        ip("-n", self.server, "link", "set", server_link, "up")
        ip("-n", self.generator, "link", "set", generator_link, "up")
        ip("-n", self.generator, "route", "add", "local", TRANSPORT_NETWORK, "dev", "lo")
        ip("-n", self.server, "route", "add", TRANSPORT_NETWORK, "via", GENERATOR_ADDRESS)

    def remove(self):
        for name in self.created:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)
        self.created = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def inside(namespace, command, cpus=None):
    """The command as it runs in a namespace, on the given processors."""
    pinned = ["taskset", "-c", cpus] if cpus else []
    return ["ip", "netns", "exec", namespace, *pinned, *command]
