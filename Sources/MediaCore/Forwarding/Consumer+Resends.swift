/// What a consumer sends besides what is new.
extension Consumer {
    /// Whether retransmissions travel in a stream of their own. Source: RFC 4588, section 4.
    var hasRetransmissionStream: Bool {
        retransmissionSSRC != 0 && parameters.codec.retransmissionPayloadType != nil
    }

    /// What was sent under `ssrc`: the counts of its sender reports. Source: RFC 3550, section 6.4.1.
    var sentInStream: (packets: UInt64, payloadBytes: UInt64) {
        guard hasRetransmissionStream else { return (counters.packets, counters.payloadBytes) }
        return (counters.packets - counters.retransmitted, counters.payloadBytes - counters.retransmittedBytes)
    }

    /// Whether the watcher expects lost packets to be sent again.
    var answersNACKs: Bool { parameters.codec.feedback.contains(.nack) }

    /// Counts a resend, when it was and under which transport-wide number.
    mutating func resent(
        _ packet: SentPacket, transportSequenceNumber: UInt16, payloadByteCount: Int, at instant: MediaInstant
    ) {
        var packet = packet
        packet.resent(under: transportSequenceNumber, at: instant)
        history.remember(packet)
        counters.packets &+= 1
        counters.payloadBytes &+= UInt64(payloadByteCount)
        counters.retransmitted &+= 1
        counters.retransmittedBytes &+= UInt64(payloadByteCount)
    }

    /// Counts a packet that only fills the link, in the retransmission stream.
    mutating func countPadding(_ payloadByteCount: Int) {
        counters.packets &+= 1
        counters.payloadBytes &+= UInt64(payloadByteCount)
        counters.retransmitted &+= 1
        counters.retransmittedBytes &+= UInt64(payloadByteCount)
    }

    /// Whether packets that only fill the link can be told from others, and their arrival is reported.
    var canPad: Bool {
        parameters.kind == .video && hasRetransmissionStream && header.hasTransportSequenceNumber
    }

    /// How many bytes of padding an empty packet has: as many as can be told. Source: RFC 3550, section 5.1.
    static let emptyPacketPadding = 255

    /// Writes a packet of the retransmission stream that has no payload but `emptyPacketPadding` bytes, which stand at
    /// `padding`; returns its length.
    mutating func departEmpty(
        padding: UnsafeRawPointer, on route: DepartureRoute, transportSequenceNumber: UInt16,
        into output: inout TransmitArena, jobs: inout ProtectionQueue
    ) -> Int {
        let number = takeRetransmissionNumber()
        let departure = Departure(
            ssrc: retransmissionSSRC, payloadType: parameters.codec.retransmissionPayloadType ?? 0,
            sequenceNumber: UInt16(truncatingIfNeeded: number), marker: false, isFiller: true, isPadding: true,
            timestamp: newest?.timestamp ?? 0, transportSequenceNumber: transportSequenceNumber,
            absoluteSendTime: route.absoluteSendTime)
        var packet = StoredPacket()
        packet.payloadByteCount = UInt16(Self.emptyPacketPadding)
        return write(
            departure, index: number, packet, from: padding, headByteCount: 0, skipped: 0, on: route, into: &output,
            jobs: &jobs)
    }
}
