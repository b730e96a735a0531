import MediaCore

/// What a run is told by its command line: `--name value` pairs.
struct Options {
    var server = Server.whip
    /// How publishers pace a frame's packets.
    var isEven = false
    var publishers = 1
    /// Who watches: each subscriber all publishers, or in a meeting each participant all others.
    var isMeeting = false
    var subscribers = 10
    /// One subscriber connection carries all streams it watches, where the server can do that.
    var isBundled = false
    /// Bits a second of RTP per publisher; 0 for sound alone.
    var videoBitrate = 2_500_000
    /// Bytes of a video packet, header included and SRTP's tag not.
    var videoPacketSize = 1112
    var framesPerSecond = 30
    var hasAudio = true
    /// Subscribers that begin to join each second.
    var joinRate = 50
    /// Seconds of settling and of measuring.
    var warmUp = 2.0
    var duration = 10.0
    /// Publishers connect but send nothing: what an idle subscriber costs.
    var isIdle = false
    /// The HTTP address for WHIP and WHEP, with both tokens if any.
    var httpAddress: UInt32 = 0x7F00_0001
    var httpPort: UInt16 = 8080
    var token = ""
    /// The path of Janus's socket.
    var janusPath = ""
    /// The first of the addresses that transports use, one each.
    var firstAddress: UInt32 = 0x7F01_0001
    /// The server's process, 0 for none.
    var serverProcess = 0
    /// Milliseconds between sweeps of the sockets.
    var sweep = 2.0
    var hasGRO = false
    /// Milliseconds between a subscriber's transport-wide feedback messages; 0 sends none.
    var feedbackInterval = 100.0
    /// One subscriber in so many has all its packets decrypted and checked.
    var sample = 50
    /// Where to write the result as JSON; empty for nowhere.
    var output = ""

    enum Server: String { case whip, janus }

    init(arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw OptionError("\(name) needs a value") }
            guard take(name, value) else { throw OptionError("\(name) \(value) is not understood") }
        }
        guard publishers > 0, subscribers > 0, framesPerSecond > 0, joinRate > 0, sweep > 0, sample > 0,
            (200...1300).contains(videoPacketSize), hasAudio || videoBitrate > 0
        else { throw OptionError("a number is out of range") }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--server": return set(&server, Server(rawValue: value))
        case "--pace": return set(&isEven, ["frame": false, "even": true][value])
        case "--publishers": return set(&publishers, Int(value))
        case "--subscribers": return set(&subscribers, Int(value))
        case "--meeting": return set(&isMeeting, Self.flag(value))
        case "--bundled": return set(&isBundled, Self.flag(value))
        case "--video-bitrate": return set(&videoBitrate, Int(value))
        case "--packet-size": return set(&videoPacketSize, Int(value))
        case "--frame-rate": return set(&framesPerSecond, Int(value))
        case "--audio": return set(&hasAudio, Self.flag(value))
        case "--join-rate": return set(&joinRate, Int(value))
        case "--warm-up": return set(&warmUp, Double(value))
        case "--duration": return set(&duration, Double(value))
        case "--idle": return set(&isIdle, Self.flag(value))
        case "--http":
            guard let colon = value.firstIndex(of: ":"), let port = UInt16(value[value.index(after: colon)...]) else {
                return false
            }
            httpPort = port
            return set(&httpAddress, Self.address(String(value[..<colon])))
        case "--token": return set(&token, value)
        case "--janus": return set(&janusPath, value)
        case "--first-address": return set(&firstAddress, Self.address(value))
        case "--server-pid": return set(&serverProcess, Int(value))
        case "--sweep": return set(&sweep, Double(value))
        case "--gro": return set(&hasGRO, Self.flag(value))
        case "--feedback": return set(&feedbackInterval, Double(value))
        case "--sample": return set(&sample, Int(value))
        case "--output": return set(&output, value)
        default: return false
        }
    }

    private func set<Value>(_ field: inout Value, _ value: Value?) -> Bool {
        guard let value else { return false }
        field = value
        return true
    }

    private static func flag(_ text: String) -> Bool? { ["yes": true, "no": false][text] }

    private static func address(_ text: String) -> UInt32? {
        TransportAddress(text, port: 0).flatMap { $0.isIPv4 ? $0.ipv4 : nil }
    }

    /// Which publishers each subscriber connection watches.
    var subscriptions: [[Int]] {
        let wanted: [[Int]] =
            isMeeting
            ? (0..<publishers).map { own in (0..<publishers).filter { $0 != own } }
            : Array(repeating: Array(0..<publishers), count: subscribers)
        return isBundled ? wanted : wanted.flatMap { $0.map { [$0] } }
    }
}

struct OptionError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
