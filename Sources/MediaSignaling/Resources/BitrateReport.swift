/// What a publisher's bit rate resource shows.
struct BitrateReport: Encodable {
    /// The most that the publisher is asked to send, in bit/s; null for no limit.
    let maxBitrate: Int64?

    private enum CodingKeys: CodingKey {
        case maxBitrate
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(maxBitrate, forKey: .maxBitrate)
    }
}
