import MediaCore

/// The offers of layered publishers and of those who watch them: one video section.
enum LayeredOffer {
    static let payloadType: UInt8 = 96
    static let retransmissionPayloadType: UInt8 = 97
    static let mid: UInt8 = 1
    static let rid: UInt8 = 10
    static let repairedRid: UInt8 = 11
    static let dependencyDescriptor: UInt8 = 12

    /// The offer of a publisher, or of a watcher.
    static func text(
        _ mode: LayeredMode, credentials: ICECredentials, fingerprint: CertificateFingerprint, isPublisher: Bool,
        ssrcs: [(media: UInt32, retransmission: UInt32)] = []
    ) -> String {
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 1", "a=extmap-allow-mixed",
            "m=video 9 UDP/TLS/RTP/SAVPF \(payloadType) \(retransmissionPayloadType)",
            "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)",
            "a=fingerprint:\(fingerprint.attributeValue)", "a=setup:actpass", "a=mid:1",
            isPublisher ? "a=sendonly" : "a=recvonly", "a=rtcp-mux", "a=rtcp-rsize",
            "a=extmap:\(mid) \(RTPHeaderExtension.mid.uri)",
            "a=rtpmap:96 \(mode.payload.rawValue)/90000", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 nack",
            "a=rtcp-fb:96 nack pli", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
        ]
        switch mode.payload {
        case .h264:
            lines.append("a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        case .vp9: lines.append("a=fmtp:96 profile-id=0")
        default: break
        }
        if mode.hasDependencyDescriptor {
            lines.append("a=extmap:\(dependencyDescriptor) \(RTPHeaderExtension.dependencyDescriptor.uri)")
        }
        guard isPublisher else { return lines.map { $0 + "\r\n" }.joined() }
        if mode.isSlides { lines.append("a=content:slides") }
        if mode.encodings > 1 {
            lines.append("a=extmap:\(rid) \(RTPHeaderExtension.rid.uri)")
            lines.append("a=extmap:\(repairedRid) \(RTPHeaderExtension.repairedRid.uri)")
            let rids = LayeredMode.rids.prefix(mode.encodings)
            lines += rids.map { "a=rid:\($0) send" }
            lines.append("a=simulcast:send \(rids.joined(separator: ";"))")
        } else {
            for ssrc in ssrcs {
                lines.append("a=ssrc-group:FID \(ssrc.media) \(ssrc.retransmission)")
                lines.append("a=ssrc:\(ssrc.media) cname:layered")
                lines.append("a=ssrc:\(ssrc.retransmission) cname:layered")
            }
        }
        return lines.map { $0 + "\r\n" }.joined()
    }
}
