public import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes each event as one line: time, level, message, then `key=value` pairs in the order of their keys. Nothing that
/// came from outside can break a line or move a terminal's cursor.
public struct LineLogHandler: LogHandler {
    /// What every line carries.
    public var metadata: Logger.Metadata = [:]
    /// The least level that is written.
    public var logLevel = Logger.Level.info
    /// More that every line carries, asked for each time.
    public var metadataProvider: Logger.MetadataProvider?

    private let write: @Sendable (String) -> Void

    /// Hands each line, its line feed included, to `write`.
    public init(write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    /// Writes to the standard error stream.
    public static func standardError() -> LineLogHandler {
        LineLogHandler { writeToStandardError($0) }
    }

    /// Writes a line there, in one call, so that threads don't mix theirs. There is nowhere to report a failure to.
    public static func writeToStandardError(_ line: String) {
        let bytes = Array(line.utf8)
        _ = systemWrite(STDERR_FILENO, bytes, bytes.count)
    }

    /// One of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one event.
    public func log(event: LogEvent) {
        var line = "\(WallTime.log()) \(event.level) \(LogText.escaped(event.message.description))"
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(LogText.escaped(key))=\(Self.quoted(value.description))"
        }
        write(line + "\n")
    }

    private static func quoted(_ text: String) -> String {
        let escaped = LogText.escaped(text)
        guard escaped.isEmpty || escaped.contains(where: { " \"=".contains($0) }) else { return escaped }
        return "\"" + escaped.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
}

/// The system's write, which the handler's own property would hide.
private func systemWrite(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
