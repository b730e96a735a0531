extension ICECandidate {
    /// Parses the value of a candidate attribute, with or without `a=candidate:` or `candidate:` in front.
    ///
    /// Returns nil for what the engine has no use for: TCP, component 2, names (mDNS ones are resolved by nobody here),
    /// an unknown type, an address no host can have. Extensions are skipped. Source: RFC 8839, section 5.1.
    package init?(parsing text: some StringProtocol) {
        var rest = Substring(text)
        for prefix in ["a=", "candidate:"] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        let words = rest.split(separator: " ", maxSplits: 8)
        guard words.count >= 8, SDPText.isICECharacters(words[0], lengths: 1...32), words[1] == "1",
            words[2].lowercased() == "udp", let priority: UInt32 = SDPText.decimal(words[3]),
            let port: UInt16 = SDPText.decimal(words[5]), port != 0, words[6] == "typ",
            let kind = Kind(rawValue: String(words[7])), let address = TransportAddress(words[4], port: port),
            !address.isUnspecified, !address.isMulticast
        else { return nil }
        self.init(kind: kind, address: address, foundation: String(words[0]), priority: priority)
    }

    /// The value of its attribute. A related address is not told: the grammar wants one for all but host candidates,
    /// so it is the unspecified one, which RFC 8839, section 5.1, allows for privacy.
    package var attributeValue: String {
        let text = "\(foundation) 1 udp \(priority) \(address.addressText) \(address.port) typ \(kind.rawValue)"
        guard kind != .host else { return text }
        return text + (address.isIPv4 ? " raddr 0.0.0.0 rport 9" : " raddr :: rport 9")
    }
}
