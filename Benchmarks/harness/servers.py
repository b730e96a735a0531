"""The servers that are compared: how each is started in the server's namespace, reached and stopped."""

import os
import pathlib
import resource
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

from . import network

CORES = len(os.sched_getaffinity(0))
LIBRARIES = "/usr/lib/x86_64-linux-gnu/janus"


def parse_cpus(text):
    """The processors of a list as taskset writes it, such as 0,2-3."""
    result = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        result |= set(range(int(first), int(last or first) + 1))
    return result


class StartFailure(Exception):
    pass


class Server:
    """A server's process; `arguments` are what the load generator needs to reach it."""

    name = ""
    can_bundle = False

    # How often a start is tried.
    attempts = 1
    # Whether its threads take turns on one processor until it is ready.
    starts_in_turns = False

    def __init__(self, namespace, cpus=None, cores=CORES):
        for attempt in range(1, self.attempts + 1):
            try:
                return self.start(namespace, cpus, cores)
            except StartFailure:
                if attempt == self.attempts:
                    raise

    def start(self, namespace, cpus, cores):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-bench-{self.name}-"))
        self.cores = cores
        command, environment = self.prepare()
        allowed = parse_cpus(cpus) if cpus else os.sched_getaffinity(0)
        if self.starts_in_turns:
            cpus = str(min(allowed))
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(
                network.inside(namespace, command, cpus), stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env={**os.environ, **environment}, preexec_fn=self.prepare_process)
        try:
            self.wait()
            if self.starts_in_turns:
                for task in map(int, os.listdir(f"/proc/{self.pid}/task")):
                    os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))
                    os.sched_setaffinity(task, allowed)
        except Exception:
            self.stop()
            raise

    def prepare_process(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if self.starts_in_turns:
            try:
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
            except PermissionError:
                pass

    def wait(self):
        deadline = time.monotonic() + 15
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise StartFailure(f"{self.name} did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    @property
    def pid(self):
        # `ip netns exec` and `taskset` replace themselves by the server.
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Sluice(Server):
    name = "sluice"
    can_bundle = True
    binary = ""

    def prepare(self):
        self.token = secrets.token_hex(32)
        environment = {f"SLUICE_{purpose}_TOKEN": self.token for purpose in ("PUBLISH", "WATCH", "ADMIN")}
        # As Janus, whose sockets are on the host's addresses. A variable: versions that don't know it can be measured.
        environment["SLUICE_BIND"] = network.SERVER_ADDRESS
        return [self.binary, "--http", f"{network.SERVER_ADDRESS}:8080", "--udp-port", "40000",
                "--workers", str(self.cores)], environment

    def is_ready(self):
        return "Sluice is ready" in self.log()

    @property
    def arguments(self):
        return ["--server", "whip", "--http", f"{network.SERVER_ADDRESS}:8080", "--token", self.token]


class UncoalescedSluice(Sluice):
    """Ours, with no packet waiting for the rest of its frame: what the wait costs in latency and saves in time."""

    name = "sluice, frames not held"

    def prepare(self):
        command, environment = super().prepare()
        return command, {**environment, "SLUICE_COALESCING": "0"}


class Janus(Server):
    """Debian's Janus with the VideoRoom alone, as a server with a public address would run it: ICE lite, a fixed number
    of event loops, no log of every packet, no session timeout."""

    name = "janus"
    can_bundle = True
    # The Unix socket transport of Janus 1.1.2 ends at once when its thread runs before its set-up is over. On one
    # processor, first come first served, it doesn't.
    attempts = 10
    starts_in_turns = True

    def prepare(self):
        self.socket = self.folder / "socket"
        plugins = sorted(p.name for p in pathlib.Path(LIBRARIES, "plugins").glob("*.so"))
        transports = sorted(p.name for p in pathlib.Path(LIBRARIES, "transports").glob("*.so"))
        loggers = sorted(p.name for p in pathlib.Path(LIBRARIES, "loggers").glob("*.so"))
        plugins.remove("libjanus_videoroom.so")
        transports.remove("libjanus_pfunix.so")
        self.write("janus.jcfg", f"""
general: {{
    configs_folder = "{self.folder}"
    plugins_folder = "{LIBRARIES}/plugins"
    transports_folder = "{LIBRARIES}/transports"
    events_folder = "{LIBRARIES}/events"
    loggers_folder = "{LIBRARIES}/loggers"
    debug_level = 2
    session_timeout = 0
    event_loops = {self.cores}
    protected_folders = []
}}
media: {{
    ipv6 = false
}}
nat: {{
    ice_lite = true
    ice_enforce_list = "{network.SERVER_ADDRESS}"
}}
plugins: {{
    disable = "{",".join(plugins)}"
}}
transports: {{
    disable = "{",".join(transports)}"
}}
loggers: {{
    disable = "{",".join(loggers)}"
}}
events: {{
    broadcast = false
}}
""")
        self.write("janus.transport.pfunix.jcfg", f"""
general: {{
    enabled = true
    json = "compact"
    path = "{self.socket}"
    type = "SOCK_SEQPACKET"
}}
admin: {{
    admin_enabled = false
}}
""")
        self.write("janus.plugin.videoroom.jcfg", "general: {\n}\n")
        return ["janus", "-F", str(self.folder), "-C", str(self.folder / "janus.jcfg")], {}

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def is_ready(self):
        if not self.socket.exists():
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket))
                client.send(b'{"janus":"ping","transaction":"ready"}')
                return b"pong" in client.recv(4096)
            except OSError:
                return False

    @property
    def arguments(self):
        return ["--server", "janus", "--janus", str(self.socket)]
