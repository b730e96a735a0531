import CReference
import MediaCore

/// What forwarding costs in memory, beside the bare encryption of the same bytes in the same run.
@main struct ForwardingBenchmark {
    static let watchers = 100
    static let packetsPerFrame = 5
    static let frames = 400
    static let packetByteCount = 1112

    static func main() throws {
        let call = try MemoryCall.connected(watchers: watchers, offer: offer)
        // The first frames bind streams and start consumers.
        for frame in 0..<20 {
            call.prepare(packets: packetsPerFrame) { packet($0, $1, frame) }
            _ = call.forward()
        }
        var spent: Int64 = 0
        var forwarded = 0
        for frame in 20..<20 + frames {
            call.prepare(packets: packetsPerFrame) { packet($0, $1, frame) }
            let start = reference_thread_nanoseconds()
            forwarded += call.forward()
            spent += reference_thread_nanoseconds() - start
        }
        let expected = frames * packetsPerFrame * watchers
        let payload = Int32(packetByteCount - 12)
        func reference(_ run: (Int32, Int32, Int32, Int32) -> Int64) -> Double {
            Double(run(Int32(expected), payload, Int32(watchers), Int32(packetsPerFrame))) / Double(expected)
        }
        let engine = Double(spent) / Double(forwarded)
        let ipsec = reference(reference_gcm_ipsec)
        let libcrypto = reference(reference_gcm_libcrypto)
        print("forwarded \(forwarded) of \(expected)")
        print("engine     \(rounded(engine)) ns a packet")
        print("ipsec-mb   \(rounded(ipsec)) ns, ratio \(rounded(engine / ipsec))")
        print("libcrypto  \(rounded(libcrypto)) ns, ratio \(rounded(engine / libcrypto))")
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// A VP8 packet of `packetByteCount` bytes with the extensions a browser sends.
    private static func packet(_ index: UInt64, _ position: Int, _ frame: Int) -> [UInt8] {
        let isLast = position == packetsPerFrame - 1
        var bytes: [UInt8] = [0x90, 96 | (isLast ? 0x80 : 0), UInt8(index >> 8 & 255), UInt8(index & 255)]
        let timestamp = UInt32(frame * 3000)
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(timestamp >> UInt32(shift) & 255)) }
        bytes += [0, 0, 0x10, 1]
        bytes += [0xBE, 0xDE, 0, 2, 0x10, UInt8(ascii: "1"), 0x31, UInt8(index >> 8 & 255), UInt8(index & 255), 0, 0, 0]
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
