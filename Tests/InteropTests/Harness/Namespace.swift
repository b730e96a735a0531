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

    /// Destroys what an earlier run left behind when it was killed, its folders too.
    static func destroyLeftovers() {
        for name in leftovers(in: "/run/netns") { destroy(name) }
        let folder = NSTemporaryDirectory()
        for name in leftovers(in: folder) { try? FileManager.default.removeItem(atPath: folder + name) }
    }

    /// The names there that carry the id of a process that is gone.
    private static func leftovers(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            let parts = name.split(separator: "-")
            guard parts.count == 3, parts[0] == "sluice", let owner = pid_t(parts[1]) else { return false }
            return kill(owner, 0) != 0 && errno == ESRCH
        }
    }

    private func ip(_ arguments: String) throws {
        try ChildProcess.run(["ip", "-n", name] + arguments.split(separator: " ").map(String.init))
    }

    private static func destroy(_ name: String) {
        // Until the last has gone: a browser's processes may start another while they die.
        for _ in 0..<100 {
            let inside = (try? ChildProcess.run(["ip", "netns", "pids", name])) ?? ""
            let processes = inside.split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
            if processes.isEmpty { break }
            for process in processes { kill(process, SIGKILL) }
            usleep(20_000)
        }
        _ = try? ChildProcess.run(["ip", "netns", "delete", name])
    }
}
