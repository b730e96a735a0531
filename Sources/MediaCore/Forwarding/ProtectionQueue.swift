/// Packets written in the clear into the transmit arena that await encryption, all for one transport.
struct ProtectionQueue: ~Copyable {
    /// How many packets are encrypted in one call at most.
    static let capacity = 64

    private var jobs: UnsafeMutableBufferPointer<SRTPJob>
    private(set) var count = 0
    /// What stands before the stored part of a payload: the original sequence number of a retransmission (RFC 4588,
    /// section 4), a payload descriptor with other numbers.
    private var heads: ByteStorage
    /// Room for a head.
    static let headByteCount = 16

    init() {
        jobs = .allocate(capacity: Self.capacity)
        heads = ByteStorage(byteCount: Self.headByteCount * Self.capacity)
    }

    deinit {
        jobs.deallocate()
    }

    var isFull: Bool { count == jobs.count }

    /// The jobs to protect.
    var unsafeJobs: UnsafeMutableBufferPointer<SRTPJob> {
        UnsafeMutableBufferPointer(rebasing: jobs[..<count])
    }

    /// Adds a job; there must be room.
    mutating func append(_ job: SRTPJob) {
        jobs.initializeElement(at: count, to: job)
        count += 1
    }

    /// Where the head of the job that is appended next can be written, `headByteCount` bytes.
    var unsafeHead: UnsafeMutableRawPointer {
        heads.unsafeBase.advanced(by: Self.headByteCount * count)
    }

    mutating func removeAll() {
        count = 0
    }
}
