extension MediaDescription {
    /// The payload types in the order of the `m=` line, each with its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb`.
    ///
    /// Lines about payload types that the `m=` line does not list are ignored, as is a second `a=fmtp` for one.
    /// - Throws: a payload type above 127 or listed twice, two `a=rtpmap` for one, an `a=rtpmap` that can't be read.
    func mediaFormats() throws(SDPError) -> [MediaFormat] {
        var result: [MediaFormat] = []
        var position = [Int?](repeating: nil, count: 128)
        for text in formats {
            guard let payloadType: UInt8 = SDPText.decimal(text), payloadType < 128 else {
                throw SDPError(line: number, "m=\(type) has the payload type \"\(text)\"")
            }
            guard position[Int(payloadType)] == nil else {
                throw SDPError(line: number, "m=\(type) has the payload type \(payloadType) twice")
            }
            position[Int(payloadType)] = result.count
            result.append(MediaFormat(payloadType: payloadType))
        }
        for line in lines {
            switch line.name {
            case "rtpmap":
                guard let payloadType: UInt8 = SDPText.decimal(line.firstWord), payloadType < 128 else {
                    throw SDPError(line: line.number, "a=rtpmap has the payload type \"\(line.firstWord)\"")
                }
                guard let index = position[Int(payloadType)] else { continue }
                guard result[index].name.isEmpty else {
                    throw SDPError(line: line.number, "a second a=rtpmap for payload type \(payloadType)")
                }
                try result[index].readMap(line)
            case "fmtp":
                guard let payloadType: UInt8 = SDPText.decimal(line.firstWord), payloadType < 128,
                    let index = position[Int(payloadType)], result[index].parameters.isEmpty
                else { continue }
                result[index].parameters = line.words.dropFirst().joined(separator: " ")
            case "rtcp-fb":
                let words = line.words
                guard words.count >= 2 else { continue }
                let feedback = RTCPFeedbackTypes(words: words[1...])
                if words[0] == "*" {
                    for index in result.indices { result[index].feedback.formUnion(feedback) }
                } else if let payloadType: UInt8 = SDPText.decimal(words[0]), payloadType < 128,
                    let index = position[Int(payloadType)]
                {
                    result[index].feedback.formUnion(feedback)
                }
            default:
                continue
            }
        }
        return result
    }

    /// The header extensions of the section, and those of the whole session whose identifiers it does not use itself.
    ///
    /// - Throws: an identifier given twice on one level. Identifiers that no packet can carry are left out.
    func headerExtensions(session: [SDPLine]) throws(SDPError) -> [ExtensionMapping] {
        let own = try ExtensionMapping.all(in: lines)
        let identifiers = Set(own.map(\.identifier))
        return own + (try ExtensionMapping.all(in: session)).filter { !identifiers.contains($0.identifier) }
    }
}

extension ExtensionMapping {
    fileprivate static func all(in lines: [SDPLine]) throws(SDPError) -> [ExtensionMapping] {
        var result: [ExtensionMapping] = []
        var used: Set<UInt8> = []
        for line in lines.attributes("extmap") {
            guard let mapping = ExtensionMapping(parsing: line) else { continue }
            guard used.insert(mapping.identifier).inserted else {
                throw SDPError(line: line.number, "a=extmap has the identifier \(mapping.identifier) twice")
            }
            result.append(mapping)
        }
        return result
    }
}

extension MediaFormat {
    fileprivate mutating func readMap(_ line: SDPLine) throws(SDPError) {
        let words = line.words
        guard words.count >= 2 else { throw SDPError(line: line.number, "a=rtpmap needs an encoding") }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, let rate: UInt32 = SDPText.decimal(parts[1]) else {
            throw SDPError(line: line.number, "a=rtpmap has the encoding \"\(words[1])\"")
        }
        name = String(parts[0])
        clockRate = rate
        if parts.count > 2 { channels = SDPText.decimal(parts[2]) ?? 0 }
    }
}

extension RTCPFeedbackTypes {
    /// What follows the payload type of an `a=rtcp-fb`; empty for a type the engine does not serve.
    ///
    /// Source: RFC 4585, section 4.2; RFC 5104, section 7.
    fileprivate init(words: ArraySlice<Substring>) {
        switch words.joined(separator: " ").lowercased() {
        case "nack": self = .nack
        case "nack pli": self = .pictureLoss
        case "ccm fir": self = .fullIntraRequest
        case "transport-cc": self = .transportWide
        case "goog-remb": self = .receiverEstimate
        default: self = []
        }
    }

    /// The texts of its `a=rtcp-fb`, without the payload type.
    var attributeValues: [String] {
        let all: [(RTCPFeedbackTypes, String)] = [
            (.receiverEstimate, "goog-remb"), (.transportWide, "transport-cc"), (.fullIntraRequest, "ccm fir"),
            (.nack, "nack"), (.pictureLoss, "nack pli"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
