/// Walks the packets that a transport-wide feedback message says arrived, without storing them.
///
/// Time is bounded by the message's bytes, whatever number of packets it claims to speak of: a chunk of packets that
/// did not arrive is one step. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
package struct TransportFeedbackReader: ~Escapable {
    /// Who reports.
    let sender: UInt32
    /// Any stream of the transport.
    let media: UInt32
    /// The first sequence number it speaks of.
    let baseSequenceNumber: UInt16
    /// How many sequence numbers it speaks of.
    let statusCount: UInt16
    /// The receiver's clock, 24 bits in units of 64 ms.
    let referenceTime: UInt32
    /// Counts the messages.
    let feedbackCount: UInt8

    private let body: RawSpan
    /// Where the next chunk and the next delta are.
    private var chunkOffset = 16
    private var deltaOffset = 16
    /// The first status of the next chunk.
    private var position = 0
    /// The chunk being walked: its bits, its first status, its next and the one behind its last.
    private var chunk: UInt16 = 0
    private var first = 0
    private var status = 0
    private var end = 0

    /// Reads what follows the RTCP header, and checks all of it.
    ///
    /// - Throws: `WireError` when chunks or deltas are missing, or a chunk speaks of nothing.
    @_lifetime(copy body)
    package init(_ body: RawSpan) throws(WireError) {
        sender = try body.uint32(at: 0)
        media = try body.uint32(at: 4)
        baseSequenceNumber = try body.uint16(at: 8)
        statusCount = try body.uint16(at: 10)
        let word = try body.uint32(at: 12)
        referenceTime = word >> 8
        feedbackCount = UInt8(truncatingIfNeeded: word)
        self.body = body
        var deltaByteCount = 0
        while position < Int(statusCount) {
            let chunk = try body.uint16(at: deltaOffset)
            let count = Self.statusCount(of: chunk)
            // An empty run would make no progress.
            guard count > 0 else { throw .truncated }
            deltaByteCount += Self.deltaByteCount(of: chunk, statuses: min(count, Int(statusCount) - position))
            deltaOffset += 2
            position += count
        }
        guard deltaByteCount <= body.byteCount - deltaOffset else { throw .truncated }
        position = 0
    }

    /// The next packet that arrived, offsets ascending; nil at the end.
    @inline(always)
    mutating func next() -> TransportFeedback.Reception? {
        while true {
            while status < end {
                let offset = status
                status += 1
                let symbol = Self.symbol(of: chunk, at: offset - first)
                guard symbol == 1 || symbol == 2 else { continue }
                return reception(offset, deltaByteCount: symbol)
            }
            guard position < Int(statusCount), let next = try? body.uint16(at: chunkOffset) else { return nil }
            first = position
            chunkOffset += 2
            position += Self.statusCount(of: next)
            // A run of packets that did not arrive is passed over at once.
            guard next >> 13 != 0, next >> 13 != 3 else { continue }
            chunk = next
            status = first
            end = min(position, Int(statusCount))
        }
    }

    @inline(always)
    private mutating func reception(_ offset: Int, deltaByteCount: UInt16) -> TransportFeedback.Reception? {
        let delta: Int16
        if deltaByteCount == 1 {
            guard let byte = try? body.uint8(at: deltaOffset) else { return nil }
            delta = Int16(byte)
        } else {
            guard let word = try? body.uint16(at: deltaOffset) else { return nil }
            delta = Int16(bitPattern: word)
        }
        deltaOffset += Int(deltaByteCount)
        return TransportFeedback.Reception(offset: UInt16(truncatingIfNeeded: offset), delta: delta)
    }

    // MARK: Chunks

    /// How many statuses a chunk holds: a run's length, or as many as fit into 14 bits.
    private static func statusCount(of chunk: UInt16) -> Int {
        chunk & 0x8000 == 0 ? Int(chunk & 0x1FFF) : chunk & 0x4000 == 0 ? 14 : 7
    }

    /// A status of a chunk: how many bytes its delta takes. 3 is reserved and has none, as for other implementations.
    private static func symbol(of chunk: UInt16, at index: Int) -> UInt16 {
        if chunk & 0x8000 == 0 { return chunk >> 13 }
        return chunk & 0x4000 == 0 ? chunk >> (13 - index) & 1 : chunk >> (12 - 2 * index) & 3
    }

    /// How many bytes the deltas of a chunk's first statuses take.
    private static func deltaByteCount(of chunk: UInt16, statuses: Int) -> Int {
        guard chunk & 0x8000 != 0 else {
            let symbol = Int(chunk >> 13)
            return symbol == 3 ? 0 : symbol * statuses
        }
        let isSingle = chunk & 0x4000 == 0
        let symbols = chunk & 0x3FFF & (0x3FFF << (14 - statuses * (isSingle ? 1 : 2)))
        if isSingle { return symbols.nonzeroBitCount }
        let (high, low) = (symbols >> 1 & 0x1555, symbols & 0x1555)
        return (low & ~high).nonzeroBitCount + 2 * (high & ~low).nonzeroBitCount
    }
}
