import MediaCore

/// One setting of the host: its option, its environment variable, its help, and how it is read.
struct HostOption: Sendable {
    let name: String
    let environment: String
    /// What the value looks like.
    let value: String
    let help: String
    /// Whether it may be given several times, and holds a comma-separated list in the environment.
    var isList = false
    /// Takes a value; returns false when it is out of range.
    private let take: @Sendable (String, inout HostConfiguration) -> Bool

    /// Puts `text` into `configuration`; `source` is where it stands.
    func apply(
        _ text: String, from source: String, to configuration: inout HostConfiguration
    ) throws(ConfigurationError) {
        guard take(text, &configuration) else {
            throw ConfigurationError("\(source): \"\(LogText.escaped(text))\" is not \(value)")
        }
    }

    /// Every setting.
    static let all = [
        HostOption(
            name: "--http", environment: "SLUICE_HTTP", value: "ADDRESS:PORT, port 0 to 65535",
            help: "where HTTP listens (default 127.0.0.1:8080); all but loopback needs the three tokens"
        ) { text, configuration in
            guard let (host, port) = splitAddress(text) else { return false }
            configuration.signaling.host = host
            configuration.signaling.port = port
            return true
        },
        HostOption(
            name: "--udp-port", environment: "SLUICE_UDP_PORT", value: "a port, 0 to 65535",
            help: "the first worker's port for media (default 40000), the others' follow it; 0 takes free ones"
        ) { text, configuration in
            guard let port = number(text, in: 0...65535) else { return false }
            configuration.udpPort = UInt16(port)
            return true
        },
        HostOption(
            name: "--bind", environment: "SLUICE_BIND", value: "an IP address",
            help: "the only address of this host to serve media on (default all of them)"
        ) { text, configuration in
            guard TransportAddress(text, port: 0) != nil else { return false }
            configuration.bindAddress = text
            return true
        },
        HostOption(
            name: "--announce", environment: "SLUICE_ANNOUNCE", value: "an IP address, 16 of them at most",
            help: "an address that clients reach this host at, instead of its own; may be repeated", isList: true
        ) { text, configuration in
            guard TransportAddress(text, port: 0) != nil, configuration.announcedAddresses.count < 16 else {
                return false
            }
            configuration.announcedAddresses.append(text)
            return true
        },
        HostOption(
            name: "--interface", environment: "SLUICE_INTERFACE", value: "the name of a network interface",
            help: "announces only this interface's addresses"
        ) { text, configuration in
            guard (1...15).contains(text.utf8.count) else { return false }
            configuration.interface = text
            return true
        },
        HostOption(
            name: "--workers", environment: "SLUICE_WORKERS", value: "a number, 1 to 64",
            help: "threads for media, each with a port of its own (default one for each processor)"
        ) { text, configuration in
            guard let count = number(text, in: 1...64) else { return false }
            configuration.workers = count
            return true
        },
        HostOption(
            name: "--coalescing", environment: "SLUICE_COALESCING", value: "microseconds, 0 to 5000",
            help: "the longest that a packet may wait for the rest of its frame (default 1000); 0 forwards at once"
        ) { text, configuration in
            guard let microseconds = number(text, in: 0...5000) else { return false }
            configuration.coalescing = microseconds
            return true
        },
        HostOption(
            name: "--consent-timeout", environment: "SLUICE_CONSENT_TIMEOUT", value: "seconds, 1 to 600",
            help: "how long a silent client is kept (default 30)"
        ) { text, configuration in
            guard let seconds = number(text, in: 1...600) else { return false }
            configuration.consentTimeout = seconds
            return true
        },
        HostOption(
            name: "--publish-bitrate-limit", environment: "SLUICE_PUBLISH_BITRATE_LIMIT",
            value: "kbit/s, 30 to 1000000, or 0",
            help: "the most that a publisher is asked to send (default 0: no limit)"
        ) { text, configuration in
            guard let bitrate = bitrate(text) else { return false }
            configuration.signaling.publishing.bitrateLimit = bitrate
            return true
        },
        HostOption(
            name: "--publish-start-bitrate", environment: "SLUICE_PUBLISH_START_BITRATE",
            value: "kbit/s, 30 to 1000000, or 0",
            help: "what publishing browsers begin with (default 1000); 0 leaves it to them"
        ) { text, configuration in
            guard let bitrate = bitrate(text) else { return false }
            configuration.signaling.publishing.startBitrate = bitrate
            return true
        },
        HostOption(
            name: "--watch-start-bitrate", environment: "SLUICE_WATCH_START_BITRATE", value: "kbit/s, 30 to 1000000",
            help: "what a watcher's link is taken to carry at first (default 300)"
        ) { text, configuration in
            guard let bitrate = bitrate(text) ?? nil else { return false }
            configuration.watching.start = bitrate
            return true
        },
        HostOption(
            name: "--watch-min-bitrate", environment: "SLUICE_WATCH_MIN_BITRATE", value: "kbit/s, 30 to 1000000",
            help: "the least that a watcher's link is taken to carry (default 30)"
        ) { text, configuration in
            guard let bitrate = bitrate(text) ?? nil else { return false }
            configuration.watching.minimum = bitrate
            return true
        },
        HostOption(
            name: "--watch-max-bitrate", environment: "SLUICE_WATCH_MAX_BITRATE", value: "kbit/s, 30 to 1000000",
            help: "the most that a watcher's link is taken to carry (default 30000)"
        ) { text, configuration in
            guard let bitrate = bitrate(text) ?? nil else { return false }
            configuration.watching.maximum = bitrate
            return true
        },
        HostOption(
            name: "--pacing-quantum", environment: "SLUICE_PACING_QUANTUM", value: "milliseconds, 1 to 40",
            help: "in what groups packets leave for a watcher (default 5): longer costs less and fills queues more"
        ) { text, configuration in
            guard let milliseconds = number(text, in: 1...40) else { return false }
            configuration.pacingQuantum = milliseconds
            return true
        },
    ]

    private init(
        name: String, environment: String, value: String, help: String, isList: Bool = false,
        take: @escaping @Sendable (String, inout HostConfiguration) -> Bool
    ) {
        self.name = name
        self.environment = environment
        self.value = value
        self.help = help
        self.isList = isList
        self.take = take
    }

    /// The text that `--help` prints.
    static var help: String {
        let options = all.map { "  \($0.name)  (\($0.environment))\n      \($0.value)\n      \($0.help)\n" }.joined()
        return """
            MediaHost: publish by WHIP, watch by WHEP.

            Each option is an environment variable too; the command line wins.

            \(options)
            Tokens, in the environment only, 8 to 512 characters each; without them, only this machine is served:
              SLUICE_PUBLISH_TOKEN or SLUICE_PUBLISH_TOKEN_FILE  to publish
              SLUICE_WATCH_TOKEN or SLUICE_WATCH_TOKEN_FILE      to watch
              SLUICE_ADMIN_TOKEN or SLUICE_ADMIN_TOKEN_FILE      to read /stats

            SIGTERM or SIGINT ends all sessions, then the host; a second one ends it at once.

            """
    }

    /// kbit/s as bit/s; the inner nil for 0, which stands for none.
    private static func bitrate(_ text: String) -> Int64?? {
        guard let number = number(text, in: 0...1_000_000), number == 0 || number >= 30 else { return nil }
        return .some(number == 0 ? nil : Int64(number) * 1000)
    }

    private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        guard text.utf8.count <= 7, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text) else {
            return nil
        }
        return range.contains(number) ? number : nil
    }

    /// Splits `address:port`, where an IPv6 address stands in brackets, and `localhost` for 127.0.0.1.
    private static func splitAddress(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":"),
            let port = number(String(text[text.index(after: colon)...]), in: 0...65535)
        else { return nil }
        var host = text[..<colon]
        if host == "localhost" { host = "127.0.0.1" }
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard TransportAddress(host, port: 0) != nil else { return nil }
        return (String(host), UInt16(port))
    }
}
