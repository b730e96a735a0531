/// What a consumer remembers of one packet it sent, so that it can send it again: kept in half a cache line, since
/// each packet leaves one for each watcher.
struct SentPacket {
    struct Flags: OptionSet {
        var rawValue: UInt8

        /// The slot holds a packet.
        static let taken = Flags(rawValue: 1)
        /// Its marker bit.
        static let marker = Flags(rawValue: 2)
        /// It fills the place of a packet that was left out, and has no payload.
        static let filler = Flags(rawValue: 4)
        /// Its dependency descriptor names the active decode targets.
        static let activeMask = Flags(rawValue: 8)

        /// How many packets before it are repeated in it: its two highest bits.
        var redundantBlockCount: Int {
            get { Int(rawValue >> 6) }
            set { rawValue = rawValue & 0x3F | UInt8(truncatingIfNeeded: newValue) << 6 }
        }
    }

    /// What its departure made of the stored packet: all that a resend needs to make the same of it.
    struct Rewrite {
        /// Which of the consumer's sources it is of: see `SourceRun`.
        var run: UInt8 = 0
        var flags: Flags = []
        /// The decode target it was sent for.
        var target: UInt8 = 0
        /// The picture id it was given, in its low bits.
        var pictureNumber: UInt16 = 0
        /// What was added to the source's timestamp.
        var timestampOffset: UInt32 = 0
    }

    /// The low bits of the consumer's extended sequence number.
    let sequenceNumber: UInt32
    /// The low bits of the stored packet's extended sequence number.
    let source: UInt32
    private let timestampOffset: UInt32
    /// The values that only the departure knew. Without RTX a resend must repeat them: the same index under the same
    /// key may never protect other bytes. 24 bits of absolute send time stand below 8 that count the resends.
    private var sendTimeAndResends: UInt32
    /// When it was last sent, in microseconds; wraps.
    private var lastSent: UInt32
    let transportSequenceNumber: UInt16
    /// The transport-wide number it was last sent under, as itself or as a retransmission.
    private(set) var latestTransportSequenceNumber: UInt16
    private let pictureNumber: UInt16
    private let run: UInt8
    private let target: UInt8
    private let flags: Flags

    /// What an empty slot holds.
    static let none = SentPacket(
        sequenceNumber: 0, source: 0, rewrite: Rewrite(), transportSequenceNumber: 0, absoluteSendTime: 0,
        at: MediaInstant(nanoseconds: 0))

    /// A packet's first departure; `absoluteSendTime` has 24 bits.
    init(
        sequenceNumber: Int64, source: Int64, rewrite: Rewrite, transportSequenceNumber: UInt16,
        absoluteSendTime: UInt32, at instant: MediaInstant
    ) {
        self.sequenceNumber = UInt32(truncatingIfNeeded: sequenceNumber)
        self.source = UInt32(truncatingIfNeeded: source)
        timestampOffset = rewrite.timestampOffset
        pictureNumber = rewrite.pictureNumber
        run = rewrite.run
        target = rewrite.target
        flags = rewrite.flags
        self.transportSequenceNumber = transportSequenceNumber
        latestTransportSequenceNumber = transportSequenceNumber
        sendTimeAndResends = absoluteSendTime & 0xFF_FFFF
        lastSent = Self.microseconds(instant)
    }

    /// What its first departure made of the stored packet.
    var rewrite: Rewrite {
        Rewrite(
            run: run, flags: flags, target: target, pictureNumber: pictureNumber, timestampOffset: timestampOffset)
    }

    var isTaken: Bool { flags.contains(.taken) }

    /// 24 bits of seconds as 6.18 fixed point.
    var absoluteSendTime: UInt32 { sendTimeAndResends & 0xFF_FFFF }

    private var resendCount: UInt32 { sendTimeAndResends >> 24 }

    private static func microseconds(_ instant: MediaInstant) -> UInt32 {
        UInt32(truncatingIfNeeded: instant.nanoseconds / 1000)
    }

    /// Notes a resend, and the transport-wide number it had.
    mutating func resent(under transportSequenceNumber: UInt16, at instant: MediaInstant) {
        latestTransportSequenceNumber = transportSequenceNumber
        lastSent = Self.microseconds(instant)
        sendTimeAndResends &+= 1 << 24
    }

    /// How often one packet is sent again at most.
    private static let maximumResends = 10

    /// Whether a request for it is to be answered: what was sent less than a round trip ago may still be on its way.
    func mayBeRepeated(at instant: MediaInstant, roundTrip: MediaDuration?) -> Bool {
        let rest = min(max(roundTrip ?? .milliseconds(20), .milliseconds(10)), .milliseconds(500))
        let elapsed = MediaDuration.microseconds(Int64(Self.microseconds(instant) &- lastSent))
        return resendCount < Self.maximumResends && (resendCount == 0 || elapsed >= rest)
    }
}
