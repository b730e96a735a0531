/// One line of a session description: `a=name:value`, or another type letter with its text.
package struct SDPLine: Equatable, Sendable, CustomStringConvertible {
    /// The letter before `=`, as ASCII.
    var type: UInt8
    /// An attribute's name; empty for another type.
    var name: String
    /// What follows the colon of an attribute, nil without a colon; the whole text of another type.
    var value: String?
    /// Where it stood in the text it was parsed from, counted from 1; 0 when it was made here. Not compared.
    var number: Int

    /// Creates an attribute.
    init(_ name: String, _ value: String? = nil) {
        self.init(type: UInt8(ascii: "a"), name: name, value: value, number: 0)
    }

    /// Creates a line of another type.
    init(type: UInt8, _ text: String) {
        self.init(type: type, name: "", value: text, number: 0)
    }

    private init(type: UInt8, name: String, value: String?, number: Int) {
        self.type = type
        self.name = name
        self.value = value
        self.number = number
    }

    /// The line without its end.
    package var description: String {
        let letter = String(UnicodeScalar(type))
        guard type == UInt8(ascii: "a") else { return "\(letter)=\(value ?? "")" }
        return value.map { "a=\(name):\($0)" } ?? "a=\(name)"
    }

    /// Compares what is printed.
    package static func == (left: Self, right: Self) -> Bool {
        left.type == right.type && left.name == right.name && left.value == right.value
    }

    /// The lines of a text. CR LF, LF and CR end a line; a line that is not `letter=` is left out.
    ///
    /// Other control characters than the tab are refused: no client sends them, and what an offer holds ends up in
    /// answers, in logs and in statistics.
    static func parse(_ text: String, limits: SDPLimits) throws(SDPError) -> [SDPLine] {
        guard text.utf8.count <= limits.bytes else {
            throw SDPError(line: 0, "the description is longer than \(limits.bytes) bytes")
        }
        let bytes = Array(text.utf8)
        var lines: [SDPLine] = []
        var number = 0
        var start = 0
        while start < bytes.count {
            number += 1
            guard number <= limits.lines else {
                throw SDPError(line: number, "the description has more than \(limits.lines) lines")
            }
            var end = start
            var colon: Int?
            while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D {
                let byte = bytes[end]
                guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else {
                    throw SDPError(line: number, "control character 0x\(String(byte, radix: 16))")
                }
                if byte == UInt8(ascii: ":"), colon == nil { colon = end }
                end += 1
            }
            guard end - start <= limits.lineBytes else {
                throw SDPError(line: number, "the line is longer than \(limits.lineBytes) bytes")
            }
            if let line = SDPLine(bytes[start..<end], colon: colon, number: number) { lines.append(line) }
            start = end + 1
            if start < bytes.count, bytes[end] == 0x0D, bytes[start] == 0x0A { start += 1 }
        }
        return lines
    }

    private init?(_ bytes: ArraySlice<UInt8>, colon: Int?, number: Int) {
        let first = bytes.startIndex
        guard bytes.count >= 2, bytes[first + 1] == UInt8(ascii: "=") else { return nil }
        switch bytes[first] {
        case UInt8(ascii: "a"):
            name = String(decoding: bytes[(first + 2)..<(colon ?? bytes.endIndex)], as: UTF8.self)
            value = colon.map { String(decoding: bytes[($0 + 1)...], as: UTF8.self) }
        case 0x41...0x5A, 0x62...0x7A:
            name = ""
            value = String(decoding: bytes[(first + 2)...], as: UTF8.self)
        default:
            return nil
        }
        type = bytes[first]
        self.number = number
    }
}
