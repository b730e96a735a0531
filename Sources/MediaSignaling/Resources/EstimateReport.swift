/// What a watcher's bit rate resource shows.
struct EstimateReport: Encodable {
    /// What its link is believed to carry, in bit/s, headers included. Source: W3C RTCIceCandidatePairStats.
    let availableOutgoingBitrate: Int64
}
