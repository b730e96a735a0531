extension CertificateFingerprint {
    /// Parses the value of `a=fingerprint`; nil for a hash function that is not accepted, or a hash of another length.
    ///
    /// Source: RFC 8122, section 5; upper and lower case are both taken.
    package init?(parsing text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count == 2, let algorithm = Algorithm(rawValue: words[0].lowercased()) else { return nil }
        let pairs = words[1].split(separator: ":", omittingEmptySubsequences: false)
        guard pairs.count == algorithm.byteCount else { return nil }
        var digest: [UInt8] = []
        for pair in pairs {
            guard pair.utf8.count == 2, pair.first != "+", let byte = UInt8(pair, radix: 16) else { return nil }
            digest.append(byte)
        }
        self.init(algorithm: algorithm, digest: digest)
    }

    /// The value of its attribute.
    package var attributeValue: String {
        let pairs = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        return "\(algorithm.rawValue) \(pairs.joined(separator: ":"))"
    }
}
