/// One received RTP stream: its packets, what it lacks, and how it relates to time.
struct InboundStream: ~Copyable {
    let transport: SlotID
    let producer: SlotID
    let ssrc: UInt32
    /// The simulcast encoding it carries; nil without simulcast.
    let rid: String?
    let codec: RTPCodecParameters
    var store: PacketStore
    var reception: ReceptionStatistics
    /// Asks for what is missing; nil when the publisher does not answer NACKs.
    var missing: NACKGenerator?
    var keyframes = KeyframeRequester()
    var clock = SourceClock()
    var counters = Counters()
    var fullIntraRequestNumber: UInt8 = 0
    /// The timestamp of the last keyframe that began to arrive.
    var keyframeTimestamp: UInt32?

    struct Counters {
        var payloadBytes: UInt64 = 0
        var packets: UInt64 = 0
        var recovered: UInt64 = 0
        var nacks: UInt64 = 0
        var pictureLosses: UInt64 = 0
        var fullIntraRequests: UInt64 = 0
        var keyframes: UInt64 = 0
    }

    init(transport: SlotID, producer: SlotID, ssrc: UInt32, rid: String?, parameters: RTPParameters) {
        self.transport = transport
        self.producer = producer
        self.ssrc = ssrc
        self.rid = rid
        reception = ReceptionStatistics(ssrc: ssrc)
        codec = parameters.codec
        // Three seconds of video at 2.5 Mbit/s; more than ten of sound.
        store =
            parameters.kind == .video
            ? PacketStore(byteCapacity: 1 << 20, recordCapacity: 2048)
            : PacketStore(byteCapacity: 1 << 16, recordCapacity: 512)
        missing = codec.feedback.contains(.nack) ? NACKGenerator() : nil
    }

    var isVideo: Bool { codec.codec.kind == .video }

    /// How long a stream may be silent before another SSRC may take its place.
    static let silence = MediaDuration.seconds(2)
    /// How long a simulcast layer may be silent before another one is forwarded.
    static let layerSilence = MediaDuration.seconds(1)
    /// How many streams one producer may have: each has a store of its own.
    static let maximumPerProducer = 4

    /// Whether nothing has come for so long.
    func isSilent(for duration: MediaDuration, at instant: MediaInstant) -> Bool {
        guard let highest = store.highest, let packet = store.record(highest) else { return true }
        return instant - packet.arrival >= duration
    }
}
