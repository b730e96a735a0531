import FoundationEssentials
public import MediaCore

/// What the host is told by its command line and its environment. The command line wins.
public struct HostConfiguration: Sendable {
    /// How signalling is served.
    public var signaling = SignalingConfiguration()
    /// The first worker's UDP port, each further one's is one higher; 0 takes any that are free.
    public var udpPort: UInt16 = 40000
    /// The only address to serve media on; nil for every address of the host.
    public var bindAddress: String?
    /// The addresses to announce; empty for those of the interfaces, or for the one to serve on.
    public var announcedAddresses: [String] = []
    /// Announces only this interface's addresses.
    public var interface: String?
    /// The number of workers, 1 to 64, each a thread with a UDP port: one for each processor that may be used.
    public var workers = min(Processors.usableCount, 64)
    /// The longest that a packet may wait for the rest of its frame, in microseconds; 0 for not at all.
    public var coalescing = 1000
    /// How long a silent peer is kept, in seconds.
    public var consentTimeout = 30
    /// The bounds of what the link to a watcher is taken to carry, and where that begins.
    public var watching = BitrateLimits()
    /// In what groups packets leave for a watcher, in milliseconds, 1 to 40.
    public var pacingQuantum = 5

    /// What a command line asks for.
    public enum Command: Sendable {
        /// To run.
        case run(HostConfiguration)
        /// To print a text and end.
        case help(String)
    }

    /// The environment variables that `read` looks at.
    public static var environmentNames: [String] {
        let tokens = AccessTokens.Purpose.allCases.map(\.environmentName)
        return HostOption.all.map(\.environment) + tokens + tokens.map { $0 + "_FILE" }
    }

    /// The defaults: HTTP on loopback, UDP ports from 40000 on, a worker for each processor.
    public init() {}

    /// Reads the arguments, the program's name left out, and the environment.
    ///
    /// - Throws: `ConfigurationError`, which names the setting and what it accepts.
    public static func read(
        arguments: [String], environment: [String: String]
    ) throws(ConfigurationError) -> Command {
        if arguments.contains("--help") || arguments.contains("-h") { return .help(HostOption.help) }
        var configuration = HostConfiguration()
        for option in HostOption.all {
            // An empty variable counts as none: that is how compose files and unit files leave one out.
            guard let value = environment[option.environment], !value.isEmpty else { continue }
            for part in option.isList ? value.split(separator: ",").map(String.init) : [value] {
                try option.apply(part, from: option.environment, to: &configuration)
            }
        }
        try configuration.readArguments(arguments)
        try configuration.readTokens(environment)
        try configuration.validate()
        return .run(configuration)
    }

    private mutating func readArguments(_ arguments: [String]) throws(ConfigurationError) {
        var rest = arguments[...]
        var seen: Set<String> = []
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = HostOption.all.first(where: { $0.name == parts[0] }) else {
                throw ConfigurationError("\(LogText.escaped(String(parts[0]))) is not an option; see --help")
            }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw ConfigurationError("\(option.name) needs a value: \(option.value)")
            }
            let isFirst = seen.insert(option.name).inserted
            guard isFirst || option.isList else { throw ConfigurationError("\(option.name) is given twice") }
            // A list on the command line replaces the environment's.
            if isFirst, option.isList { announcedAddresses = [] }
            try option.apply(value, from: option.name, to: &self)
        }
    }

    private mutating func readTokens(_ environment: [String: String]) throws(ConfigurationError) {
        for purpose in AccessTokens.Purpose.allCases {
            let name = purpose.environmentName
            let token = environment[name].flatMap { $0.isEmpty ? nil : $0 }
            let file = environment[name + "_FILE"].flatMap { $0.isEmpty ? nil : $0 }
            guard token == nil || file == nil else {
                throw ConfigurationError("\(name) and \(name)_FILE are both set: set one")
            }
            do throws(ConfigurationError) {
                if let token {
                    try signaling.tokens.set(token, for: purpose)
                } else if let file {
                    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                        throw ConfigurationError("can't read \(LogText.escaped(file))")
                    }
                    try signaling.tokens.set(text.split(whereSeparator: \.isWhitespace).joined(), for: purpose)
                }
            } catch {
                throw ConfigurationError("\(name)\(file == nil ? "" : "_FILE"): \(error)")
            }
        }
    }

    private func validate() throws(ConfigurationError) {
        try signaling.validate()
        guard watching.minimum <= watching.start, watching.start <= watching.maximum else {
            throw ConfigurationError(
                "--watch-start-bitrate: \(watching.start / 1000) kbit/s is not from --watch-min-bitrate, "
                    + "\(watching.minimum / 1000), to --watch-max-bitrate, \(watching.maximum / 1000)")
        }
        guard udpPort == 0 || Int(udpPort) + workers - 1 <= 65535 else {
            throw ConfigurationError(
                "--udp-port: \(workers) workers need the ports \(udpPort) to \(Int(udpPort) + workers - 1), "
                    + "and 65535 is the last")
        }
    }
}
