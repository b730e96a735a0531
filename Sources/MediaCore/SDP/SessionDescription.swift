/// A session description: its own lines, and its media sections in order.
///
/// Every line is kept as it stands and printed back; what a line means is read where it is needed.
/// Source: RFC 8866.
package struct SessionDescription: Equatable, Sendable, CustomStringConvertible {
    /// The lines before the first `m=`.
    var lines: [SDPLine]
    /// The media sections, in the order of their `m=` lines.
    var media: [MediaDescription]

    /// Creates a description from its parts.
    init(lines: [SDPLine], media: [MediaDescription]) {
        self.lines = lines
        self.media = media
    }

    /// Parses a text in linear time. Lines and attributes it does not know are kept.
    ///
    /// - Throws: what exceeds a limit, a text that does not start with `v=0`, an `m=` line that can't be read, a
    ///   control character.
    package init(parsing text: String, limits: SDPLimits = SDPLimits()) throws(SDPError) {
        let lines = try SDPLine.parse(text, limits: limits)
        guard let first = lines.first, first.description == "v=0" else {
            throw SDPError(line: lines.first?.number ?? 0, "a session description starts with v=0")
        }
        try self.init(grouping: lines, limits: limits)
    }

    /// Splits lines into sections. A fragment of RFC 8840 has sections without a version in front.
    init(grouping all: [SDPLine], limits: SDPLimits) throws(SDPError) {
        lines = []
        media = []
        var counts: [String: Int] = [:]
        for line in all {
            if line.type == UInt8(ascii: "m") {
                guard media.count < limits.media else {
                    throw SDPError(line: line.number, "more than \(limits.media) media sections")
                }
                media.append(try MediaDescription(mediaLine: line, limits: limits))
                counts = [:]
                continue
            }
            if let maximum = limits.maximumCount(ofAttribute: line.name) {
                let count = counts[line.name, default: 0] + 1
                guard count <= maximum else {
                    throw SDPError(line: line.number, "more than \(maximum) a=\(line.name) lines in one section")
                }
                counts[line.name] = count
            }
            if media.isEmpty {
                lines.append(line)
            } else {
                media[media.count - 1].lines.append(line)
            }
        }
    }

    /// The text, each line ended by CR LF.
    package var description: String {
        var text = ""
        for line in lines { text += "\(line)\r\n" }
        for section in media {
            text += "\(section.mediaLine)\r\n"
            for line in section.lines { text += "\(line)\r\n" }
        }
        return text
    }

    /// The MIDs of the first BUNDLE group, the tagged one first; empty without a group. Source: RFC 9143, section 5.
    var bundleGroup: [String] {
        for line in lines.attributes("group") {
            let words = line.words
            guard words.first == "BUNDLE" else { continue }
            var seen: Set<Substring> = []
            return words.dropFirst().filter { seen.insert($0).inserted }.map(String.init)
        }
        return []
    }
}

extension [SDPLine] {
    /// The attributes of a name, in order.
    func attributes(_ name: String) -> [SDPLine] {
        filter { $0.name == name && $0.type == UInt8(ascii: "a") }
    }

    /// The first attribute of a name; nil when there is none.
    func attribute(_ name: String) -> SDPLine? {
        first { $0.name == name && $0.type == UInt8(ascii: "a") }
    }
}

extension SDPLine {
    /// The words of the value.
    var words: [Substring] {
        Substring(value ?? "").utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }).map { Substring($0) }
    }

    /// The first word of the value; empty when there is none.
    var firstWord: Substring { words.first ?? "" }
}
