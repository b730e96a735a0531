import CReference
import MemoryCall

#if canImport(Glibc)
import Glibc
#endif

/// What forwarding costs in memory, beside the bare encryption of the same bytes in the same run.
///
/// With `--check` it exits 1 when a forwarded packet allocates or counts references, when forwarding costs more than
/// twice the bare encryption, or when choosing among layers adds more than 15 % to it.
@main struct ForwardingBenchmark {
    static let watchers = 100
    /// The bounded number of packets in a frame, and two that are printed only.
    static let checkedFrame = 5
    static let otherFrames = [1, 10]
    static let maximumRatio = 2.0
    static let pairsInRound = 200
    static let leastRounds = 10
    static let maximumRounds = 50
    /// What follows the fixed header; the engine encrypts a little less and authenticates the rest, its extensions.
    static let payloadByteCount = VideoFrame.packetByteCount - 12
    /// For the whole frame, whatever the number of packets forwarded.
    static let maximumCountPerFrame = 40.0

    static func main() throws {
        let call = try MemoryCall.connected(watchers: watchers)
        // The first frames bind streams, start consumers and grow what is kept.
        for _ in 0..<50 {
            call.prepare(packets: 10)
            _ = call.forward()
        }
        print("forwarding in memory, 1 to \(watchers), \(VideoFrame.packetByteCount)-byte packets, ns a packet")
        let checked = try compare(call, packets: checkedFrame, bound: maximumRatio)
        print("frames of \(checkedFrame): \(checked) (at most \(maximumRatio))")
        for packets in otherFrames { print("frames of \(packets): \(try compare(call, packets: packets))") }
        if let nanoseconds = libcrypto() { print("libcrypto alone: \(Int(nanoseconds.rounded()))") }
        let counts = countsPerFrame(call)
        print(
            "the median frame of \(checkedFrame * watchers) packets: \(counts[0]) allocations, \(counts[1]) retains, \(counts[2]) releases"
        )
        let isMeetingCheap = try MeetingComparison().check()
        guard CommandLine.arguments.contains("--check") else { return }
        guard isMeetingCheap, counts.allSatisfy({ $0 <= maximumCountPerFrame }), checked.ratio <= maximumRatio else {
            print("too much")
            exit(1)
        }
    }

    /// What the engine's work on a frame costs beside the encryption of as many packets.
    ///
    /// A frame and its encryption take turns, a few hundred microseconds in all, so that what slows the machine down
    /// slows both of a pair; of a round's pairs the median ratio counts. A neighbour that fills the caches for longer
    /// than a round costs the engine more than the encryption, whose source is one packet: of the rounds, each tens of
    /// milliseconds, the one with the lowest ratio counts, and there are more of them until that is at most `bound`. An
    /// engine that has become slower is so in every round.
    private static func compare(
        _ call: MemoryCall, packets: Int, bound: Double = .infinity
    ) throws -> Comparison {
        guard let cipher = reference_cipher_create(reference_fastest, Int32(watchers)) else {
            throw BenchmarkError.noCipher
        }
        defer { reference_cipher_destroy(cipher) }
        let each = packets * watchers
        var best = Comparison(engine: 0, bare: 0, ratio: .infinity)
        for round in 0..<maximumRounds where round < leastRounds || best.ratio > bound {
            // What disturbs the machine may be over in a while.
            usleep(round < leastRounds ? 50_000 : 200_000)
            var pairs: [Comparison] = []
            for number in 0..<pairsInRound {
                func encrypt() -> Int64 {
                    reference_encrypt(cipher, Int32(each), Int32(payloadByteCount), Int32(packets))
                }
                // Neither is always the one that comes after the other.
                let before = number % 2 == 0 ? encrypt() : 0
                call.prepare(packets: packets)
                let start = reference_thread_nanoseconds()
                let sent = call.forward()
                let spent = reference_thread_nanoseconds() - start
                guard sent >= each else { throw BenchmarkError.packetsMissing(sent) }
                let bare = number % 2 == 0 ? before : encrypt()
                pairs.append(
                    Comparison(
                        engine: Double(spent) / Double(each), bare: Double(bare) / Double(each),
                        ratio: Double(spent) / Double(bare)))
            }
            let ratio = median(pairs.map { $0.ratio })
            guard ratio < best.ratio else { continue }
            best = Comparison(
                engine: median(pairs.map { $0.engine }), bare: median(pairs.map { $0.bare }), ratio: ratio)
        }
        return best
    }

    /// Nanoseconds a packet of libcrypto's encryption.
    private static func libcrypto() -> Double? {
        guard let cipher = reference_cipher_create(reference_libcrypto, Int32(watchers)) else { return nil }
        defer { reference_cipher_destroy(cipher) }
        let packets = checkedFrame * watchers
        return median(
            (0..<100).map { _ in
                Double(reference_encrypt(cipher, Int32(packets), Int32(payloadByteCount), Int32(checkedFrame)))
                    / Double(packets)
            })
    }

    /// Allocations, retains and releases of the median frame: feedback and reports, which some frames bring with them,
    /// are not forwarding. Preparing a frame is the load's work and allocates; it is not counted.
    private static func countsPerFrame(_ call: MemoryCall) -> [Double] {
        var counted: [[Double]] = []
        for _ in 0..<21 {
            call.prepare(packets: checkedFrame)
            let before = reference_counts()
            _ = call.forward()
            let after = reference_counts()
            counted.append([
                Double(after.allocations - before.allocations), Double(after.retains - before.retains),
                Double(after.releases - before.releases),
            ])
        }
        return (0..<3).map { index in median(counted.map { $0[index] }) }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

enum BenchmarkError: Error {
    case noCipher
    case packetsMissing(Int)
}
