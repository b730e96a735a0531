/// Which H.265 streams a format means.
///
/// Source: RFC 7798, section 7.1.
struct H265Format: Equatable, Sendable {
    /// `profile-id`: 1 is Main, 2 is Main 10.
    var profile: UInt8
    /// `tier-flag`: whether it is the high tier.
    var isHighTier: Bool
    /// `level-id`: thirty times the level.
    var level: UInt8

    /// Reads the parameters; nil when they can't be read, and for what is not forwarded: other profile spaces than the
    /// standard's own, several RTP streams for one picture, and packets out of decoding order.
    init?(_ parameters: FormatParameters) {
        guard parameters["profile-space"] ?? "0" == "0", (parameters["tx-mode"] ?? "SRST").uppercased() == "SRST",
            parameters["sprop-max-don-diff"] ?? "0" == "0", parameters["sprop-depack-buf-nalus"] ?? "0" == "0",
            let profile: UInt8 = SDPText.decimal(parameters["profile-id"] ?? "1"), profile < 32,
            let tier: UInt8 = SDPText.decimal(parameters["tier-flag"] ?? "0"), tier < 2,
            let level: UInt8 = SDPText.decimal(parameters["level-id"] ?? "93")
        else { return nil }
        self.profile = profile
        isHighTier = tier == 1
        self.level = level
    }

    /// Whether a decoder of this format decodes a stream of `stream`'s: every Main 10 decoder decodes Main, one of the
    /// high tier the main tier, one of a level the levels below. Source: ITU-T H.265, annex A.
    func decodes(_ stream: H265Format) -> Bool {
        (profile == stream.profile || stream.profile == 1 && profile == 2)
            && (isHighTier || !stream.isHighTier) && level >= stream.level
    }
}
