/// What a receiver counts of one source, and the report blocks made of it.
///
/// Only packets that were authenticated, and no retransmissions, belong here.
/// Source: RFC 3550, section 6.4.1 and appendices A.1, A.3, A.8.
struct ReceptionStatistics: Sendable {
    /// A step forward that is taken for loss; beyond it, for a source that may have restarted.
    private static let maximumDropout: Int64 = 3_000
    /// A step back that is taken for reordering.
    private static let maximumMisorder: Int64 = 100
    /// A change of transit time that is taken for a new timestamp origin and not for jitter.
    private static let maximumTransitChange = 5.0

    /// The source.
    let ssrc: UInt32
    /// Packets received since the source began or restarted, duplicates included.
    private(set) var packetsReceived: Int64 = 0
    /// Interarrival jitter in seconds.
    private(set) var jitter: Double = 0

    private var base: Int64 = 0
    private var highest: Int64?
    /// The number of cycles is counted from here.
    private var cycleBase: Int64 = 0
    /// The number that would confirm a restart.
    private var restartCandidate: Int64?
    private var expectedAtLastReport: Int64 = 0
    private var receivedAtLastReport: Int64 = 0
    private var lastPacket: (timestamp: UInt32, instant: MediaInstant)?
    private var clockRate: UInt32 = 0
    private var lastSenderReport: (compact: UInt32, instant: MediaInstant)?

    /// Creates statistics of a source of which nothing has arrived.
    init(ssrc: UInt32) {
        self.ssrc = ssrc
    }

    /// The highest extended sequence number received; nil before the first packet.
    var highestExtendedSequenceNumber: Int64? { highest }

    /// Packets expected and not received since the source began or restarted; negative with duplicates.
    var packetsLost: Int64 { packetsExpected - packetsReceived }

    private var packetsExpected: Int64 {
        guard let highest else { return 0 }
        return highest &- base &+ 1
    }

    /// Counts a packet.
    ///
    /// - Parameter clockRate: The codec's clock in Hz.
    mutating func receive(
        extendedSequence: Int64, rtpTimestamp: UInt32, at instant: MediaInstant, clockRate: UInt32
    ) {
        guard let highest else {
            restart(at: extendedSequence)
            cycleBase = extendedSequence & ~0xFFFF
            updateJitter(rtpTimestamp, at: instant, clockRate: clockRate)
            return
        }
        let step = extendedSequence &- highest
        if step > Self.maximumDropout || step < -Self.maximumMisorder {
            // One packet far away may be a stray; the second in a row is a source that began anew.
            guard restartCandidate == extendedSequence else {
                restartCandidate = extendedSequence &+ 1
                return
            }
            restart(at: extendedSequence)
            lastPacket = nil
        } else {
            packetsReceived &+= 1
            // The first packet to arrive need not have been the first to be sent.
            base = min(base, extendedSequence)
            self.highest = max(highest, extendedSequence)
            restartCandidate = nil
        }
        updateJitter(rtpTimestamp, at: instant, clockRate: clockRate)
    }

    /// Remembers when a sender report of the source arrived.
    mutating func senderReport(_ ntpTime: NTPTime, at instant: MediaInstant) {
        lastSenderReport = (ntpTime.compact, instant)
    }

    /// The report block at an instant; begins the next interval. Nil before the first packet.
    mutating func reportBlock(at instant: MediaInstant) -> ReportBlock? {
        guard let highest else { return nil }
        let expected = packetsExpected &- expectedAtLastReport
        let lost = expected &- (packetsReceived &- receivedAtLastReport)
        expectedAtLastReport = packetsExpected
        receivedAtLastReport = packetsReceived
        let fraction = expected > 0 && lost > 0 ? min(lost.multipliedReportingOverflow(by: 256).0 / expected, 255) : 0
        var block = ReportBlock(
            ssrc: ssrc, fractionLost: UInt8(truncatingIfNeeded: fraction),
            packetsLost: Int32(min(max(packetsLost, -0x80_0000), 0x7F_FFFF)),
            highestSequenceNumber: UInt32(truncatingIfNeeded: highest &- cycleBase),
            jitter: UInt32(min(jitter * Double(clockRate), Double(UInt32.max))), lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
        if let lastSenderReport {
            block.lastSenderReport = lastSenderReport.compact
            let delay = max(0, (instant - lastSenderReport.instant).inSeconds)
            block.delaySinceLastSenderReport = UInt32(min(delay * 65_536, Double(UInt32.max)))
        }
        return block
    }

    private mutating func restart(at extendedSequence: Int64) {
        base = extendedSequence
        highest = extendedSequence
        packetsReceived = 1
        restartCandidate = nil
        expectedAtLastReport = 0
        receivedAtLastReport = 0
    }

    private mutating func updateJitter(_ timestamp: UInt32, at instant: MediaInstant, clockRate: UInt32) {
        guard clockRate > 0 else { return }
        self.clockRate = clockRate
        if let lastPacket {
            let arrival = (instant - lastPacket.instant).inSeconds
            let media = Double(Int32(bitPattern: timestamp &- lastPacket.timestamp)) / Double(clockRate)
            let change = (arrival - media).magnitude
            if change < Self.maximumTransitChange { jitter += (change - jitter) / 16 }
        }
        lastPacket = (timestamp, instant)
    }
}
