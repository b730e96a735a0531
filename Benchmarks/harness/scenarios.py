"""What is measured: each scenario is a set of the load generator's options."""

from dataclasses import dataclass, field


@dataclass
class Scenario:
    name: str
    title: str
    options: dict = field(default_factory=dict)
    # Whether subscribers watch several streams: then it is measured with one connection for all of them, where the
    # server can do that, and with one for each.
    has_bundles: bool = False
    # Whether our server is measured without coalescing too.
    shows_coalescing: bool = False
    is_quick: bool = False


def broadcast(subscribers, pace, is_quick=False):
    spacing = "a frame's packets together" if pace == "frame" else "packets evenly spaced"
    return Scenario(
        f"video-{subscribers}-{pace}", f"1->{subscribers}, 2.5 Mbit/s and sound, {spacing}",
        {"subscribers": subscribers, "pace": pace}, is_quick=is_quick,
        shows_coalescing=pace == "frame" and subscribers == 100)


SCENARIOS = [
    broadcast(10, "frame", is_quick=True),
    broadcast(100, "frame", is_quick=True),
    broadcast(500, "frame"),
    broadcast(10, "even"),
    broadcast(100, "even", is_quick=True),
    broadcast(500, "even"),
    Scenario(
        "meeting-10", "meeting 10x10, 1 Mbit/s and sound",
        {"publishers": 10, "meeting": "yes", "video-bitrate": 1_000_000}, has_bundles=True, is_quick=True),
    Scenario("audio-500", "sound alone, 1->500", {"subscribers": 500, "video-bitrate": 0}),
    Scenario(
        "audio-10x50", "sound alone, 10->50 each", {"publishers": 10, "subscribers": 50, "video-bitrate": 0},
        has_bundles=True),
    Scenario(
        "join-500", "join storm, 500 in 5 s, 2.5 Mbit/s and sound",
        {"subscribers": 500, "join-rate": 100, "duration": 3}),
    Scenario("idle-500", "500 subscribers that get nothing", {"subscribers": 500, "idle": "yes", "duration": 2}),
]
