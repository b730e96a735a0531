/// When packets arrived, by transport-wide sequence number.
///
/// Only packets that arrived are held, so that memory and time are bounded by the message's bytes whatever number of
/// packets it claims to speak of. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
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

    init(_ reader: inout WireReader) throws(WireError) {
        sender = try reader.readUInt32()
        media = try reader.readUInt32()
        baseSequenceNumber = try reader.readUInt16()
        statusCount = try reader.readUInt16()
        referenceTime = try reader.readUInt24()
        feedbackCount = try reader.readUInt8()
        receptions = []
        // Until its delta is read, a reception's delta holds how many bytes that takes.
        var position = 0
        while position < Int(statusCount) {
            position += try readChunk(&reader, at: position)
        }
        for index in receptions.indices {
            receptions[index].delta =
                receptions[index].delta == 1
                ? Int16(try reader.readUInt8()) : Int16(bitPattern: try reader.readUInt16())
        }
    }

    /// Reads one chunk of statuses; how many it holds.
    private mutating func readChunk(_ reader: inout WireReader, at position: Int) throws(WireError) -> Int {
        let chunk = try reader.readUInt16()
        if chunk & 0x8000 == 0 {
            let length = Int(chunk & 0x1FFF)
            let symbol = chunk >> 13
            // An empty run would make no progress.
            guard length > 0 else { throw .truncated }
            guard symbol == 1 || symbol == 2 else { return length }
            let count = min(length, Int(statusCount) - position)
            // Each needs a delta: more than the bytes left can't be.
            guard count <= reader.remaining else { throw .truncated }
            for step in 0..<count { note(symbol, at: position + step) }
            return length
        }
        let symbolBits = chunk & 0x4000 == 0 ? 1 : 2
        let capacity = 14 / symbolBits
        for step in 0..<min(capacity, Int(statusCount) - position) {
            let shift = 14 - symbolBits * (step + 1)
            note(chunk >> UInt16(shift) & (symbolBits == 1 ? 1 : 3), at: position + step)
        }
        return capacity
    }

    /// Notes an arrival with a delta of `symbol` bytes. 3 is reserved and has none, as for other implementations.
    private mutating func note(_ symbol: UInt16, at position: Int) {
        guard symbol == 1 || symbol == 2 else { return }
        receptions.append(Reception(offset: UInt16(position), delta: Int16(symbol)))
    }
}
