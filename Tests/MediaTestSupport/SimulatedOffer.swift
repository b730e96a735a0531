package import MediaCore

/// The offers of simulated peers: one audio and one video section, as browsers write them.
public enum SimulatedOffer {
    /// How a publisher says which packets belong to which section.
    public enum Signaling: Sendable {
        /// By `a=ssrc` and the FID group, and the MID in every packet, as Chromium does.
        case ssrc
        /// By MID and payload type only: retransmissions too.
        case mid
        /// By MID and RID, repaired RID for retransmissions: simulcast of three layers, of which a publisher sends the
        /// first by itself.
        case rid
    }

    /// What pictures are encoded with.
    public enum Picture: String, Sendable {
        case vp8 = "VP8"
        case h264 = "H264"
        case vp9 = "VP9"
    }

    static let opusPayloadType: UInt8 = 111
    static let redundantPayloadType: UInt8 = 63
    static let videoPayloadType: UInt8 = 96
    static let retransmissionPayloadType: UInt8 = 97
    static let midIdentifier: UInt8 = 1
    static let transportSequenceNumberIdentifier: UInt8 = 3
    static let audioLevelIdentifier: UInt8 = 4
    static let ridIdentifier: UInt8 = 10
    static let repairedRidIdentifier: UInt8 = 11
    /// Of VP9 only.
    public static let dependencyDescriptorIdentifier: UInt8 = 12
    static let rid = "h"
    /// The other layer's name.
    public static let lowRid = "l"
    /// A third layer's name.
    public static let middleRid = "m"
    private static let ridExtensions = [
        "a=extmap:\(ridIdentifier) urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=extmap:\(repairedRidIdentifier) urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "a=extmap:13 http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    ]

    /// `signaling` is nil for a watcher. `ssrcs` are those of audio, video and video's retransmissions. Publishers offer
    /// redundant audio always, as Chromium does, and take receiver estimates unless told otherwise.
    package static func text(
        credentials: ICECredentials, fingerprint: CertificateFingerprint, signaling: Signaling?,
        ssrcs: (UInt32, UInt32, UInt32) = (0, 0, 0), hasRetransmission: Bool = true,
        picture: Picture = .vp8, hasRedundancy: Bool = true, hasReceiverEstimate: Bool = true
    ) -> String {
        let direction = signaling == nil ? "recvonly" : "sendonly"
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=extmap-allow-mixed",
        ]
        func section(_ media: String, _ formats: [UInt8], _ mid: String, _ attributes: [String]) {
            lines.append("m=\(media) 9 UDP/TLS/RTP/SAVPF \(formats.map { "\($0)" }.joined(separator: " "))")
            lines += [
                "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)",
                "a=fingerprint:\(fingerprint.attributeValue)", "a=setup:actpass", "a=mid:\(mid)", "a=\(direction)",
                "a=rtcp-mux", "a=rtcp-rsize",
                "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            ]
            lines += attributes
        }
        var audio = [
            "a=extmap:4 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=rtpmap:111 opus/48000/2",
            "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
        ]
        if hasRedundancy { audio += ["a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111"] }
        var video = [
            "a=rtpmap:96 \(picture.rawValue)/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 ccm fir",
            "a=rtcp-fb:96 nack",
            "a=rtcp-fb:96 nack pli",
        ]
        if signaling != nil, hasReceiverEstimate { video.append("a=rtcp-fb:96 goog-remb") }
        if picture == .h264 {
            video.append("a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        }
        if picture == .vp9 {
            video.append(
                "a=extmap:\(dependencyDescriptorIdentifier) "
                    + "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension")
        }
        if hasRetransmission { video += ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"] }
        switch signaling {
        case .ssrc:
            audio.append("a=ssrc:\(ssrcs.0) cname:simulated")
            if hasRetransmission { video.append("a=ssrc-group:FID \(ssrcs.1) \(ssrcs.2)") }
            video.append("a=ssrc:\(ssrcs.1) cname:simulated")
            if hasRetransmission { video.append("a=ssrc:\(ssrcs.2) cname:simulated") }
        case .mid:
            video += ridExtensions
        case .rid:
            video += ridExtensions
            video += [rid, lowRid, middleRid].map { "a=rid:\($0) send" }
            video.append("a=simulcast:send \(rid);\(lowRid);\(middleRid)")
        case nil:
            break
        }
        section("audio", hasRedundancy ? [opusPayloadType, redundantPayloadType] : [opusPayloadType], "0", audio)
        section(
            "video", hasRetransmission ? [videoPayloadType, retransmissionPayloadType] : [videoPayloadType], "1", video)
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// The transport-wide number of a packet; nil when it has none.
    static func transportSequenceNumber(of packet: [UInt8], _ header: RTPHeader) -> UInt16? {
        var reader = RTPHeaderExtensionReader(header, packet.span.bytes)
        while let element = reader.next() {
            guard element.identifier == transportSequenceNumberIdentifier, element.count >= 2 else { continue }
            return UInt16(packet[element.offset]) << 8 | UInt16(packet[element.offset + 1])
        }
        return nil
    }
}
