/// The command line. An option with the prefix `a-` or `b-` is for the direction from that end only.
struct Options: Equatable {
    /// One end: the namespace, its interface and its addresses.
    struct End: Equatable {
        var namespace = ""
        var interface = "link0"
        var address: String
        var address6: String
    }

    struct Refusal: Error, Equatable { var reason: String }

    var a = End(address: "10.77.0.1", address6: "fd77::1")
    var b = End(address: "10.77.0.2", address6: "fd77::2")
    var fromA = LinkSettings()
    var fromB = LinkSettings()
    var seed: UInt64 = 1
    var mtu = 1500

    static let usage = """
        LinkEmulator --namespace-a NAME --namespace-b NAME [options]
        Joins two network namespaces by a TUN interface in each (link0; 10.77.0.1 and fd77::1, 10.77.0.2 and fd77::2;
        default routes through it) and impairs what passes, packet by packet, as the seed says. Says "ready" on
        standard output when packets pass, and its counters as JSON when SIGTERM or SIGINT ends it.
          --loss P        chance that a packet is lost, 0...1
          --delay-ms MS   delay
          --jitter-ms MS  further delay of 0...MS; keeps the order
          --rate-kbps N   bottleneck, in kilobits per second
          --queue-ms MS   the longest wait at the bottleneck (200)
          --reorder P     chance that a packet is held back 15 ms while others pass it
          --duplicate P   chance that a packet arrives twice
          --seed N        the same seed, the same decisions (1)
          --mtu BYTES     of both interfaces (1500)
        Each of the first seven also as --a-... or --b-...: only for what end a or b sends.
        """

    init(arguments: [String]) throws(Refusal) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Refusal(reason: "\(name) needs a value") }
            switch name {
            case "--namespace-a": a.namespace = value
            case "--namespace-b": b.namespace = value
            case "--seed": seed = try Self.number(name, value)
            case "--mtu": mtu = Int(try Self.number(name, value, in: 1280...9000))
            default:
                if name.hasPrefix("--a-") {
                    try Self.set("--" + name.dropFirst(4), value, in: &fromA)
                } else if name.hasPrefix("--b-") {
                    try Self.set("--" + name.dropFirst(4), value, in: &fromB)
                } else {
                    try Self.set(name, value, in: &fromA)
                    try Self.set(name, value, in: &fromB)
                }
            }
        }
        if a.namespace.isEmpty || b.namespace.isEmpty || a.namespace == b.namespace {
            throw Refusal(reason: "--namespace-a and --namespace-b must name two namespaces")
        }
    }

    private static func set(_ name: String, _ value: String, in settings: inout LinkSettings) throws(Refusal) {
        switch name {
        case "--loss": settings.loss = try chance(name, value)
        case "--delay-ms": settings.delay = try milliseconds(name, value)
        case "--jitter-ms": settings.jitter = try milliseconds(name, value)
        case "--rate-kbps": settings.bitrate = try number(name, value, in: 1...10_000_000) * 1000
        case "--queue-ms": settings.queue = try milliseconds(name, value)
        case "--reorder": settings.reordering = try chance(name, value)
        case "--duplicate": settings.duplication = try chance(name, value)
        default: throw Refusal(reason: "unknown option \(name)")
        }
    }

    private static func chance(_ name: String, _ value: String) throws(Refusal) -> Double {
        guard let chance = Double(value), (0...1).contains(chance) else {
            throw Refusal(reason: "\(name) takes a number from 0 to 1, not \(value)")
        }
        return chance
    }

    private static func milliseconds(_ name: String, _ value: String) throws(Refusal) -> UInt64 {
        try number(name, value, in: 0...60_000) * 1_000_000
    }

    private static func number(
        _ name: String, _ value: String, in range: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(Refusal) -> UInt64 {
        guard let number = UInt64(value), range.contains(number) else {
            throw Refusal(reason: "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
