/// A source and its canonical name. Source: RFC 3550, section 6.5.
package struct SourceDescriptionChunk: Hashable, Sendable {
    /// The CNAME item.
    private static let canonicalName: UInt8 = 1

    /// The source.
    package var ssrc: UInt32
    /// Its canonical name; empty when the chunk has none.
    package var cname: String

    /// Creates a chunk. What goes beyond 255 bytes of UTF-8 is not sent.
    package init(ssrc: UInt32, cname: String) {
        self.ssrc = ssrc
        self.cname = cname
    }

    static func chunks(_ reader: inout WireReader, count: UInt8) throws(WireError) -> [SourceDescriptionChunk] {
        var chunks: [SourceDescriptionChunk] = []
        for _ in 0..<count { chunks.append(try SourceDescriptionChunk(&reader)) }
        return chunks
    }

    private init(_ reader: inout WireReader) throws(WireError) {
        ssrc = try reader.readUInt32()
        cname = ""
        while true {
            let item = try reader.readUInt8()
            guard item != 0 else { break }
            let text = try reader.read(Int(try reader.readUInt8()))
            if item == Self.canonicalName { cname = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        }
        // The list ends with one to four null bytes, up to a whole word.
        try reader.skip(-reader.offset & 3)
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(bigEndian: ssrc)
        let name = cname.utf8.prefix(255)
        bytes.append(Self.canonicalName)
        bytes.append(UInt8(name.count))
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: repeatElement(0, count: 4 - (2 + name.count) % 4))
    }
}
