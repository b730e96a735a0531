/// The 96 bits that tie a response to its request.
///
/// Source: RFC 8489, section 5.
package struct STUNTransactionID: Hashable, Sendable {
    var high: UInt32
    var low: UInt64

    init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Unguessable with the system's generator: whoever can predict it can forge an unauthenticated answer.
    init(random: inout MediaRandom) {
        high = UInt32(truncatingIfNeeded: random.next())
        low = random.next()
    }
}
