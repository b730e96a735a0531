import CMediaIO
public import MediaCore

/// Why a worker could not start.
public enum MediaIOError: Error, Sendable, CustomStringConvertible {
    /// Another socket holds `udpPort`.
    case portInUse(UInt16)
    /// The process may not bind `udpPort`.
    case portNotPermitted(UInt16)
    /// The host has no interface of that name; the second value lists those it has.
    case unknownInterface(String, available: [String])
    /// There is no address to announce; the text says where it was looked for.
    case noAddress(String)
    /// One of `announcedAddresses` can't be announced; the second value says why.
    case invalidAddress(String, reason: String)
    /// `bindAddress` can't be bound; the second value says why.
    case invalidBindAddress(String, reason: String)
    /// `coalescing` is negative or longer than five milliseconds.
    case coalescingOutOfRange(MediaDuration)
    /// The engine refused its configuration.
    case engine(MediaEngineError)
    /// The system refused something else: what was tried, and the system's words.
    case system(String, reason: String)

    /// One line for a person, beginning with the configuration's field where one is at fault.
    public var description: String {
        switch self {
        case .portInUse(let port): "udpPort: port \(port) is in use"
        case .portNotPermitted(let port): "udpPort: no permission to bind port \(port)"
        case .unknownInterface(let name, let available):
            "interface: there is no interface \"\(name)\"; there are \(available.joined(separator: ", "))"
        case .noAddress(let text): text
        case .invalidAddress(let text, let reason): "announcedAddresses: \"\(text)\" \(reason)"
        case .invalidBindAddress(let text, let reason): "bindAddress: \"\(text)\" \(reason)"
        case .coalescingOutOfRange(let duration):
            "coalescing: \(Double(duration.nanoseconds) / 1e6) ms is not in 0...5 ms"
        case .engine(let error): "engine: \(error)"
        case .system(let action, let reason): "\(action) failed: \(reason)"
        }
    }

    /// The error for a system call that returned a negated errno.
    static func system(_ action: String, result: Int32) -> MediaIOError {
        let reason = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
            sluice_error_text(result, text.baseAddress, text.count)
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return .system(action, reason: reason)
    }
}
