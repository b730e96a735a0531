/// A connectivity check under way: one transaction, repeated until it is answered or given up.
///
/// Source: RFC 8489, section 6.2.1. The interval doubles from 500 ms but stays at 1 s, so that seven transmissions take
/// less than half the time a handshake may.
struct ICECheck: Hashable, Sendable {
    static let initialInterval = MediaDuration.milliseconds(500)
    static let maximumInterval = MediaDuration.seconds(1)
    static let maximumTransmissions = 7

    let transactionID: STUNTransactionID
    /// Whether it carries USE-CANDIDATE.
    let isNomination: Bool
    private var transmissions = 0
    private var interval: MediaDuration
    /// When it was last sent.
    private(set) var sentAt: MediaInstant
    /// When it is to be sent again, or given up.
    private(set) var deadline: MediaInstant

    /// A check that is due at once.
    init(
        transactionID: STUNTransactionID, isNomination: Bool, interval: MediaDuration = initialInterval,
        at instant: MediaInstant
    ) {
        self.transactionID = transactionID
        self.isNomination = isNomination
        self.interval = interval
        sentAt = instant
        deadline = instant
    }

    /// Whether there is nothing left to do but give up.
    var isExhausted: Bool { transmissions >= Self.maximumTransmissions }

    /// Allows as many transmissions again: the peer showed a sign of life.
    mutating func renew() {
        transmissions = 0
    }

    /// Counts a transmission and schedules the next.
    mutating func sent(at instant: MediaInstant) {
        transmissions += 1
        sentAt = instant
        deadline = instant + interval
        interval = max(interval, min(interval * 2, Self.maximumInterval))
    }
}
