/// Sources that leave. Source: RFC 3550, section 6.6.
package struct Goodbye: Hashable, Sendable {
    /// Who leaves.
    package var ssrcs: [UInt32]
    /// Why, at most 255 bytes of UTF-8; nil when not said.
    package var reason: String?

    /// Creates a message.
    package init(ssrcs: [UInt32], reason: String? = nil) {
        self.ssrcs = ssrcs
        self.reason = reason
    }

    init(_ reader: inout WireReader, count: UInt8) throws(WireError) {
        guard reader.remaining >= Int(count) * 4 else { throw .truncated }
        ssrcs = []
        for _ in 0..<count { ssrcs.append(try reader.readUInt32()) }
        guard reader.remaining > 0 else { return }
        let text = try reader.read(Int(try reader.readUInt8()))
        reason = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
