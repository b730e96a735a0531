import CReference
import MediaCore

#if canImport(Glibc)
import Glibc
#endif

/// What forwarding costs in memory, beside the bare encryption of the same bytes in the same run.
///
/// With `--counts` it exits 1 when a forwarded packet allocates or counts references: that repeats exactly. With `--check`
/// it does so too when forwarding costs more than twice the bare encryption: on a machine that others use, the ratio of
/// one build has been seen between 1.6 and 2.1.
@main struct ForwardingBenchmark {
    static let watchers = 100
    static let packetsPerFrame = 5
    static let frames = 100
    static let rounds = 7
    static let packetByteCount = 1112
    static let maximumRatio = 2.0
    /// For the whole frame, whatever the number of packets forwarded.
    static let maximumCountPerFrame = 40.0

    static func main() throws {
        let call = try MemoryCall.connected(watchers: watchers, offer: offer)
        var frame = 0
        func prepareFrame() {
            call.prepare(packets: packetsPerFrame) { packet($0, $1, frame) }
            frame += 1
        }
        func forwardFrame() -> (packets: Int, nanoseconds: Int64) {
            prepareFrame()
            let start = reference_thread_nanoseconds()
            let packets = call.forward()
            return (packets, reference_thread_nanoseconds() - start)
        }
        // The first frames bind streams, start consumers and grow what is kept.
        for _ in 0..<50 { _ = forwardFrame() }

        let each = Int32(frames * packetsPerFrame * watchers)
        var results: [(engine: Double, ipsec: Double, libcrypto: Double)] = []
        for _ in 0..<rounds {
            var (packets, spent) = (0, Int64(0))
            for _ in 0..<frames {
                let done = forwardFrame()
                packets += done.packets
                spent += done.nanoseconds
            }
            guard packets >= Int(each) else { throw BenchmarkError.packetsMissing(packets) }
            func reference(_ run: (Int32, Int32, Int32, Int32) -> Int64) -> Double {
                Double(run(each, Int32(packetByteCount - 12), Int32(watchers), Int32(packetsPerFrame))) / Double(each)
            }
            results.append(
                (Double(spent) / Double(packets), reference(reference_gcm_ipsec), reference(reference_gcm_libcrypto)))
        }
        // Preparing a frame is the load's work and allocates; only forwarding is counted. Feedback and reports, which
        // some frames bring with them, are not forwarding: the median frame tells.
        var counted: [[Double]] = []
        for _ in 0..<21 {
            prepareFrame()
            let before = reference_counts()
            _ = call.forward()
            let after = reference_counts()
            counted.append([
                Double(after.allocations - before.allocations), Double(after.retains - before.retains),
                Double(after.releases - before.releases),
            ])
        }
        let perFrame = (0..<3).map { index in median(counted.map { $0[index] }) }

        let engine = median(results.map { $0.engine })
        let usesIPsec = results[0].ipsec > 0
        let ratio = median(results.map { $0.engine / (usesIPsec ? $0.ipsec : $0.libcrypto) })
        print("forwarding in memory, 1 to \(watchers), \(packetByteCount)-byte packets, medians of \(rounds)")
        print("engine      \(rounded(engine)) ns a packet")
        print("ipsec-mb    \(usesIPsec ? "\(rounded(median(results.map { $0.ipsec }))) ns" : "not installed")")
        print("libcrypto   \(rounded(median(results.map { $0.libcrypto }))) ns")
        print("ratio       \(rounded(ratio)) to the bare encryption (at most \(maximumRatio))")
        print(
            "the median frame of \(packetsPerFrame * watchers) packets: \(perFrame[0]) allocations, \(perFrame[1]) retains, \(perFrame[2]) releases"
        )
        let checksRatio = CommandLine.arguments.contains("--check")
        guard checksRatio || CommandLine.arguments.contains("--counts") else { return }
        let isLean = perFrame.allSatisfy { $0 <= maximumCountPerFrame }
        guard isLean, ratio <= maximumRatio || !checksRatio else {
            print("too much")
            exit(1)
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// A VP8 packet of `packetByteCount` bytes with the extensions a browser sends.
    private static func packet(_ index: UInt64, _ position: Int, _ frame: Int) -> [UInt8] {
        let isLast = position == packetsPerFrame - 1
        var bytes: [UInt8] = [0x90, 96 | (isLast ? 0x80 : 0), UInt8(index >> 8 & 255), UInt8(index & 255)]
        let timestamp = UInt32(frame * 3000)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(timestamp >> UInt32(shift) & 255)) }
        bytes += [0, 0, 0x10, 1]
        bytes += [
            0xBE, 0xDE, 0, 2, 0x10, UInt8(ascii: "1"), 0x31, UInt8(index >> 8 & 255), UInt8(index & 255), 0, 0, 0,
        ]
        bytes += [position == 0 ? 0x10 : 0, frame == 0 ? 0 : 1]
        while bytes.count < packetByteCount { bytes.append(UInt8(truncatingIfNeeded: bytes.count)) }
        return bytes
    }

    private static func offer(
        _ credentials: ICECredentials, _ fingerprint: CertificateFingerprint, _ publishes: Bool
    ) -> String {
        let digest = fingerprint.digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 1", "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
            "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)",
            "a=fingerprint:sha-256 \(digest.joined(separator: ":"))", "a=setup:actpass", "a=mid:1", "a=rtcp-mux",
            "a=rtcp-rsize", publishes ? "a=sendonly" : "a=recvonly",
            "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
            "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
        ]
        if publishes { lines += ["a=ssrc-group:FID 4097 4098", "a=ssrc:4097 cname:b", "a=ssrc:4098 cname:b"] }
        return lines.map { $0 + "\r\n" }.joined()
    }
}
