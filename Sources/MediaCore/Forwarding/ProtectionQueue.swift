/// Packets written in the clear into the transmit arena that await encryption, all for one transport.
struct ProtectionQueue: ~Copyable {
    /// How many packets are encrypted in one call at most.
    static let capacity = 64

    private var jobs: UnsafeMutableBufferPointer<SRTPJob>
    private(set) var count = 0
    /// The original sequence numbers of retransmissions, two bytes for each job. Source: RFC 4588, section 4.
    private var originals: ByteStorage

    init() {
        jobs = .allocate(capacity: Self.capacity)
        originals = ByteStorage(byteCount: 2 * Self.capacity)
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

    /// Keeps the original sequence number of the job that is appended next, as bytes in network order.
    mutating func keepOriginal(_ sequenceNumber: UInt16) -> UnsafeRawBufferPointer {
        let memory = originals.unsafeBase.advanced(by: 2 * count)
        memory.storeBytes(of: sequenceNumber.bigEndian, as: UInt16.self)
        return UnsafeRawBufferPointer(start: memory, count: 2)
    }

    mutating func removeAll() {
        count = 0
    }
}
