/// Limits on what publishers send.
extension MediaEngine {
    /// Asks a publisher to send no more than a bit rate, all of its streams together, from now on.
    ///
    /// It is asked by REMB: at once, and every second while media flows. A publisher that does not offer `goog-remb`
    /// hears nothing of it; one that pays no heed goes on as before. When the limit is lifted, it is told so a few times.
    ///
    /// - Parameters:
    ///   - transport: the publisher's.
    ///   - bitrate: in bit/s, 30,000 to 1,000,000,000; nil lifts the limit.
    /// - Throws: `MediaEngineError.unknownTransport`; `.invalidBitrate` for a value out of range.
    ///
    /// Source: draft-alvestrand-rmcat-remb-03.
    public mutating func limitBitrate(
        of transport: TransportID, to bitrate: Int64?, at instant: MediaInstant
    ) throws(MediaEngineError) {
        guard transports.contains(transport.slot) else { throw .unknownTransport }
        try Self.checkBitrate(bitrate, "bitrate")
        transports[transport.slot].requestedBitrate.set(bitrate)
        sendRequestedBitrate(transport.slot, at: instant)
    }

    /// Sends a watcher no more than a bit rate from now on, whatever its link carries: its layers are chosen accordingly.
    ///
    /// - Parameters:
    ///   - transport: the watcher's.
    ///   - bitrate: of all media together in bit/s on the wire, 30,000 to 1,000,000,000; nil lifts the limit.
    /// - Throws: `MediaEngineError.unknownTransport`; `.invalidBitrate` for a value out of range.
    public mutating func limitOutgoingBitrate(
        of transport: TransportID, to bitrate: Int64?, at instant: MediaInstant
    ) throws(MediaEngineError) {
        guard transports.contains(transport.slot) else { throw .unknownTransport }
        try Self.checkBitrate(bitrate, "bitrate")
        guard bitrate != transports[transport.slot].bitrateCap else { return }
        transports[transport.slot].bitrateCap = bitrate
        transports[transport.slot].allocator.wishesChanged()
        allocate(transport.slot, at: instant)
    }

    static func checkBitrate(_ bitrate: Int64?, _ name: String) throws(MediaEngineError) {
        guard let bitrate, !RequestedBitrate.range.contains(bitrate) else { return }
        let range = RequestedBitrate.range
        throw .invalidBitrate("\(name) is \(bitrate); it must be \(range.lowerBound) to \(range.upperBound) bit/s")
    }

    /// Tells a publisher what it is asked to keep to, if anything.
    mutating func sendRequestedBitrate(_ transport: SlotID, at instant: MediaInstant) {
        guard transports[transport].isEstablished else { return }
        beginCompound(transport)
        guard appendRequestedBitrate(transport) else { return }
        sendCompound(transport, at: instant)
    }

    /// Appends what a publisher is asked to keep to; returns whether there is anything.
    @discardableResult
    mutating func appendRequestedBitrate(_ transport: SlotID) -> Bool {
        let video = transports[transport].producers.filter {
            producers[$0].parameters.codec.feedback.contains(.receiverEstimate)
        }
        guard !video.isEmpty, let bitrate = transports[transport].requestedBitrate.take() else { return false }
        var ssrcs = video.flatMap { producers[$0].streams.map { streams[$0].ssrc } }
        // Before the first packet, those that SDP announced.
        if ssrcs.isEmpty { ssrcs = video.flatMap { producers[$0].parameters.encodings.compactMap(\.ssrc) } }
        compound.append(
            .receiverEstimate(
                ReceiverEstimate(sender: transports[transport].localSSRC, bitrate: bitrate, ssrcs: ssrcs)))
        return true
    }
}
