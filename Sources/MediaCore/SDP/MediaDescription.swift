/// A media section: an `m=` line and the lines that belong to it.
package struct MediaDescription: Equatable, Sendable {
    /// The media type: `audio`, `video`, `application` or another word.
    var type: String
    /// The port; 0 rejects the section, or says that it has no transport of its own with `a=bundle-only`.
    var port: UInt16
    /// The number of ports, when it was written.
    var portCount: UInt32?
    /// The transport protocol, such as `UDP/TLS/RTP/SAVPF`.
    var transport: String
    /// The formats: payload types for RTP.
    var formats: [String]
    /// The lines that follow.
    var lines: [SDPLine]
    /// Where the `m=` line stood, counted from 1; 0 when it was made here. Not compared.
    var number: Int

    /// Creates a section.
    init(type: String, port: UInt16, transport: String, formats: [String], lines: [SDPLine]) {
        self.type = type
        self.port = port
        self.transport = transport
        self.formats = formats
        self.lines = lines
        number = 0
    }

    /// Parses an `m=` line.
    init(mediaLine line: SDPLine, limits: SDPLimits) throws(SDPError) {
        let words = line.words
        guard words.count >= 3 else { throw SDPError(line: line.number, "m= needs a type, a port and a protocol") }
        let ports = words[1].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let port: UInt16 = SDPText.decimal(ports[0]) else {
            throw SDPError(line: line.number, "m= has the port \"\(words[1])\"")
        }
        if ports.count == 2 {
            guard let count: UInt32 = SDPText.decimal(ports[1]) else {
                throw SDPError(line: line.number, "m= has the port \"\(words[1])\"")
            }
            portCount = count
        }
        guard words.count - 3 <= limits.formats else {
            throw SDPError(line: line.number, "m= has more than \(limits.formats) formats")
        }
        type = String(words[0])
        self.port = port
        transport = String(words[2])
        formats = words[3...].map(String.init)
        lines = []
        number = line.number
    }

    /// The `m=` line without its end.
    var mediaLine: String {
        let ports = portCount.map { "\(port)/\($0)" } ?? "\(port)"
        return (["m=\(type)", ports, transport] + formats).joined(separator: " ")
    }

    /// Compares what is printed.
    package static func == (left: Self, right: Self) -> Bool {
        left.type == right.type && left.port == right.port && left.portCount == right.portCount
            && left.transport == right.transport && left.formats == right.formats && left.lines == right.lines
    }

    /// Audio or video; nil for anything else.
    var kind: MediaKind? { MediaKind(rawValue: type) }

    /// Its media identification; nil without `a=mid`. Source: RFC 5888, section 4.
    var mid: SDPLine? { lines.attribute("mid") }

    /// Whether it has an attribute.
    func has(_ name: String) -> Bool { lines.attribute(name) != nil }

    /// Whether slides are among what it shows; words that nobody knows say nothing. Source: RFC 4796, section 4.
    var isSlides: Bool {
        lines.attributes("content").contains { line in
            (line.value ?? "").split { $0 == "," || $0 == " " }.contains("slides")
        }
    }

    /// Its direction; nil when it names none. Source: RFC 8866, section 6.7.
    var direction: MediaDirection? { lines.direction }
}

extension [SDPLine] {
    /// The first direction attribute; nil when there is none.
    var direction: MediaDirection? {
        for line in self where line.value == nil {
            if let direction = MediaDirection(rawValue: line.name) { return direction }
        }
        return nil
    }
}
