/// A selective forwarding unit as a state machine: datagrams, time and commands in; datagrams and events out.
///
/// Nothing in it reads a clock, opens a socket or starts a thread. Give it what arrived with `receive`, tell it the time
/// with `advance` at `nextDeadline`, and after either send what `fillOutput` puts into `output` until it returns false.
public struct MediaEngine: ~Copyable {
    /// Datagrams to send. After sending them, call `outputSent`.
    public internal(set) var output: TransmitArena

    let configuration: MediaEngineConfiguration
    let wallClock: WallClock
    let certificate: DTLSCertificate
    let ciphers = SRTPCipherLibrary()
    var random: MediaRandom
    var drops = DropCounters()
    var events: [MediaEvent] = []

    var transports: SlotTable<Transport>
    var producers: SlotTable<Producer>
    var consumers: SlotTable<Consumer>
    var streams: SlotTable<InboundStream>
    var speakerGroups: SlotTable<SpeakerGroup>

    /// Demultiplexing: validated addresses, addresses whose validation is under way, and username fragments.
    var paths: [NetworkPath: SlotID] = [:]
    var claims: [NetworkPath: SlotID] = [:]
    var fragments: [String: SlotID] = [:]

    var timers = TimerQueue()
    /// Transports whose deadline may have moved.
    var touched: [SlotID] = []
    /// Producers whose consumers' wishes are to be looked at: see `settle`.
    var unsettled: [SlotID] = []
    /// Transports whose consumers' layers are to be decided on anew: see `settle`.
    var unallocated: [SlotID] = []
    /// Streams with packets that their consumers have not been told of.
    var dirty: [SlotID] = []
    /// Transports whose consumers have packets to send, and how many of them have had their turn.
    var departing: [SlotID] = []
    var departed = 0

    /// Memory that is used again and again: a decrypted packet, an RTCP compound, what feedback
    /// says, packets that await encryption.
    var scratch: ByteStorage
    var compound: [UInt8] = []
    var missing: [UInt16] = []
    var reports: [PacketReport] = []
    var plan = AllocationPlan()
    var jobs: ProtectionQueue
    /// The payload of a packet that is nothing but padding.
    let padding: ByteStorage

    /// Creates an engine.
    ///
    /// - Throws: `MediaEngineError.invalidConfiguration` for a value out of range, `.cryptography` when no certificate
    ///   can be made.
    public init(
        configuration: MediaEngineConfiguration, random: MediaRandom = .system, wallClock: WallClock
    ) throws(MediaEngineError) {
        try configuration.validate()
        do throws(DTLSError) {
            certificate = try DTLSCertificate.make(unixSeconds: wallClock.ntpTime.unixSeconds)
        } catch {
            throw .cryptography("\(error)")
        }
        self.configuration = configuration
        self.wallClock = wallClock
        self.random = random
        output = TransmitArena()
        transports = SlotTable()
        producers = SlotTable()
        consumers = SlotTable()
        streams = SlotTable()
        speakerGroups = SlotTable()
        scratch = ByteStorage(byteCount: 2 * PacketStore.maximumPacketByteCount)
        jobs = ProtectionQueue()
        padding = ByteStorage(byteCount: Consumer.emptyPacketPadding)
        padding.unsafeBase.storeBytes(
            of: UInt8(Consumer.emptyPacketPadding), toByteOffset: Consumer.emptyPacketPadding - 1, as: UInt8.self)
    }

    /// The name of what encrypts and decrypts RTP here: for logs.
    public var cipherName: String { ciphers.name }

    /// Empties `output`, once its datagrams have been sent.
    public mutating func outputSent() {
        output.removeAll()
    }

    /// The next event; nil when there is none.
    public mutating func nextEvent() -> MediaEvent? {
        events.isEmpty ? nil : events.removeFirst()
    }

    mutating func drop(_ reason: DropReason) {
        drops.count(reason)
    }

    /// Remembers that a transport's deadline may have moved.
    mutating func touch(_ transport: SlotID) {
        guard transports.contains(transport), !transports[transport].isTouched else { return }
        transports[transport].isTouched = true
        touched.append(transport)
    }
}
