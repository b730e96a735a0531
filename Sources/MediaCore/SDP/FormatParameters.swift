/// The parameters in the text of an `a=fmtp`, `name=value` parted by semicolons.
struct FormatParameters {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// A parameter's value; nil when it is absent. Names are compared without case.
    subscript(_ name: String) -> Substring? {
        for part in text.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].filter({ $0 != " " }).lowercased() == name else { continue }
            return pair[1].split(separator: " ").first ?? ""
        }
        return nil
    }

    /// H.264's packetization mode. Source: RFC 6184, section 8.1.
    var packetizationMode: Substring { self["packetization-mode"] ?? "0" }

    /// H.264's profile and level; nil when it is there and can't be read.
    var h264ProfileLevel: H264ProfileLevel? {
        guard let text = self["profile-level-id"] else { return .unspecified }
        return H264ProfileLevel(text)
    }
}
