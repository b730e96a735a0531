import Foundation
import Synchronization

/// A network namespace: a world of its own with a loopback, where nothing leaves the machine.
struct Namespace: Sendable {
    let name: String
    /// Its address on the interface that browsers find by the default route.
    var address: String
    var path: String { "/run/netns/\(name)" }

    private static let made = Mutex(0)

    /// An empty namespace, loopback up. Its name carries our process id, so that leftovers can be told.
    private init(address: String) throws {
        let number = Self.made.withLock { made in
            made += 1
            return made
        }
        name = "sluice-\(getpid())-\(number)"
        self.address = address
        try ChildProcess.run(["ip", "netns", "add", name])
        try ip("link set lo up")
    }

    /// A namespace with a veth pair, both ends inside, and a default route into it that leads nowhere: browsers gather
    /// candidates only from an interface that has a default route.
    static func standalone() throws -> Namespace {
        let namespace = try Namespace(address: "10.78.0.1")
        try namespace.ip("link add media0 type veth peer name media1")
        try namespace.ip("address add 10.78.0.1/24 dev media0")
        try namespace.ip("address add fd78::1/64 dev media0 nodad")
        try namespace.ip("link set media0 up")
        try namespace.ip("link set media1 up")
        try namespace.ip("route add default via 10.78.0.254 dev media0")
        return namespace
    }

    /// Two namespaces for `LinkEmulator` to join; it makes the interfaces.
    static func pair() throws -> (a: Namespace, b: Namespace) {
        (try Namespace(address: "10.77.0.1"), try Namespace(address: "10.77.0.2"))
    }

    /// The command line that runs `command` in here.
    func command(_ command: [String]) -> [String] { ["ip", "netns", "exec", name] + command }

    /// Ends what still runs in here, and the namespace.
    func destroy() { Self.destroy(name) }

    /// Destroys what an earlier run left behind when it was killed.
    static func destroyLeftovers() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        for name in names {
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == "sluice", let owner = pid_t(parts[1]) else { continue }
            if kill(owner, 0) != 0 && errno == ESRCH { destroy(name) }
        }
    }

    private func ip(_ arguments: String) throws {
        try ChildProcess.run(["ip", "-n", name] + arguments.split(separator: " ").map(String.init))
    }

    private static func destroy(_ name: String) {
        let inside = (try? ChildProcess.run(["ip", "netns", "pids", name])) ?? ""
        for process in inside.split(whereSeparator: \.isWhitespace).compactMap({ pid_t($0) }) { kill(process, SIGKILL) }
        _ = try? ChildProcess.run(["ip", "netns", "delete", name])
    }
}
