import MediaCore

/// What a watcher's bit rate resource shows, in bit/s on the wire, headers included.
struct OutgoingBitrateReport: Encodable {
    let bitrates: OutgoingBitrates

    init(_ bitrates: OutgoingBitrates) {
        self.bitrates = bitrates
    }

    private enum CodingKeys: CodingKey {
        /// Source: W3C RTCIceCandidatePairStats.
        case availableOutgoingBitrate
        case maxBitrate, allocatedBitrate, wantedBitrate, nextBitrate
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(bitrates.available, forKey: .availableOutgoingBitrate)
        try members.encode(bitrates.limit, forKey: .maxBitrate)
        try members.encode(bitrates.allocated, forKey: .allocatedBitrate)
        try members.encode(bitrates.wanted, forKey: .wantedBitrate)
        try members.encode(bitrates.next, forKey: .nextBitrate)
    }
}
