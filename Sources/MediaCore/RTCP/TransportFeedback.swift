/// When packets arrived, by transport-wide sequence number.
///
/// Only packets that arrived are held, so that memory is bounded by the message's bytes whatever number of packets it
/// claims to speak of. The engine walks the bytes instead: see `TransportFeedbackReader`. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
package struct TransportFeedback: Hashable, Sendable {
    /// A packet that arrived.
    package struct Reception: Hashable, Sendable {
        /// Its sequence number, counted from the base.
        package var offset: UInt16
        /// The time since the reception before it (the first: since the reference time), in 250 µs.
        package var delta: Int16

        /// Creates a reception.
        package init(offset: UInt16, delta: Int16) {
            self.offset = offset
            self.delta = delta
        }
    }

    /// The reference time's unit, in units of a delta.
    static let ticksPerReference: Int64 = 256
    /// The unit of a delta.
    static let tick = MediaDuration.microseconds(250)

    /// Who reports.
    package var sender: UInt32
    /// Any stream of the transport.
    package var media: UInt32
    /// The first sequence number it speaks of.
    package var baseSequenceNumber: UInt16
    /// How many sequence numbers it speaks of; those that are not in `receptions` are lost, so far.
    package var statusCount: UInt16
    /// The receiver's clock, 24 bits in units of 64 ms.
    package var referenceTime: UInt32
    /// Counts the messages.
    package var feedbackCount: UInt8
    /// The packets that arrived, offsets ascending and below `statusCount`.
    package var receptions: [Reception]

    /// Creates a message.
    package init(
        sender: UInt32, media: UInt32, baseSequenceNumber: UInt16, statusCount: UInt16, referenceTime: UInt32,
        feedbackCount: UInt8, receptions: [Reception]
    ) {
        self.sender = sender
        self.media = media
        self.baseSequenceNumber = baseSequenceNumber
        self.statusCount = statusCount
        self.referenceTime = referenceTime
        self.feedbackCount = feedbackCount
        self.receptions = receptions
    }

    init(_ body: RawSpan) throws(WireError) {
        var reader = try TransportFeedbackReader(body)
        self.init(
            sender: reader.sender, media: reader.media, baseSequenceNumber: reader.baseSequenceNumber,
            statusCount: reader.statusCount, referenceTime: reader.referenceTime, feedbackCount: reader.feedbackCount,
            receptions: [])
        while let reception = reader.next() { receptions.append(reception) }
    }
}
