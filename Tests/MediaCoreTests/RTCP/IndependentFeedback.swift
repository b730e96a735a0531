@testable import MediaCore

/// A second reader of transport-wide feedback, written for tests the plain way: bit by bit, status by status.
struct IndependentFeedback {
    enum Failure: Error { case malformed }

    var feedback: TransportFeedback
    /// What the message says of each number, in its order; nil for one that did not arrive, ticks of 250 µs since the
    /// reference clock's origin otherwise.
    var arrivals: [Int64?] = []

    init(_ packet: [UInt8]) throws {
        func number(_ offset: Int, _ count: Int) throws -> UInt64 {
            guard offset + count <= packet.count else { throw Failure.malformed }
            return packet[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard try number(0, 2) & 0x9FFF == 0x8FCD else { throw Failure.malformed }
        let count = Int(try number(14, 2))
        feedback = TransportFeedback(
            sender: UInt32(try number(4, 4)), media: UInt32(try number(8, 4)),
            baseSequenceNumber: UInt16(try number(12, 2)), statusCount: UInt16(count),
            referenceTime: UInt32(try number(16, 3)), feedbackCount: packet[19], receptions: [])
        var symbols: [Int] = []
        var offset = 20
        while symbols.count < count {
            let chunk = String(try number(offset, 2) | 0x10000, radix: 2).dropFirst().map { $0 == "1" ? 1 : 0 }
            offset += 2
            if chunk[0] == 0 {
                let length = chunk[3...].reduce(0) { $0 * 2 + $1 }
                symbols += Array(repeating: chunk[1] * 2 + chunk[2], count: length)
            } else if chunk[1] == 0 {
                symbols += chunk[2...]
            } else {
                symbols += stride(from: 2, to: 16, by: 2).map { chunk[$0] * 2 + chunk[$0 + 1] }
            }
        }
        var tick = Int64(feedback.referenceTime) * 256
        for (index, symbol) in symbols.prefix(count).enumerated() {
            switch symbol {
            case 0, 3:
                arrivals.append(nil)
                continue
            case 1:
                feedback.receptions.append(.init(offset: UInt16(index), delta: Int16(try number(offset, 1))))
                offset += 1
            default:
                let delta = Int16(bitPattern: UInt16(try number(offset, 2)))
                feedback.receptions.append(.init(offset: UInt16(index), delta: delta))
                offset += 2
            }
            tick += Int64(feedback.receptions[feedback.receptions.count - 1].delta)
            arrivals.append(tick)
        }
    }
}
