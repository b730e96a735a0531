import MediaCore

/// What surrounds a fuzzed engine: always the same time, randomness, addresses and offers.
enum FuzzEnvironment {
    static let start = MediaInstant(nanoseconds: 1_000_000_000)
    static let server = TransportAddress(ipv4: 0x0A00_0001, port: 40_000)
    static let audioSSRC: UInt32 = 1001
    static let videoSSRC: UInt32 = 1002
    static let retransmissionSSRC: UInt32 = 1003
    static let audioPayloadType: UInt8 = 111
    static let videoPayloadType: UInt8 = 96
    static let retransmissionPayloadType: UInt8 = 97

    private static let wallClock = WallClock(
        instant: start, ntpTime: NTPTime(unixNanoseconds: 1_800_000_000_000_000_000))

    /// The certificate of all peers.
    static let certificate: DTLSCertificate = {
        do throws(DTLSError) {
            return try DTLSCertificate.make(unixSeconds: 1_800_000_000)
        } catch {
            fatalError("no certificate: \(error)")
        }
    }()

    static func makeEngine() throws(FuzzFailure) -> MediaEngine {
        let candidate = ICECandidate(host: server, localPreference: 65_535, foundation: "1")
        let configuration = MediaEngineConfiguration(candidates: [candidate])
        do throws(MediaEngineError) {
            return try MediaEngine(configuration: configuration, random: .seeded(1), wallClock: wallClock)
        } catch {
            throw FuzzFailure(description: "no engine: \(error)")
        }
    }

    private static let extensions = [
        "1 urn:ietf:params:rtp-hdrext:sdes:mid", "2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "4 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", "6 urn:3gpp:video-orientation",
        "12 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    ]

    /// What a server says of its own end.
    static let local = LocalTransportDescription(
        credentials: ICECredentials(usernameFragment: "ours", password: "oursoursoursoursoursours"),
        candidates: [ICECandidate(host: server, localPreference: 65_535, foundation: "1")],
        fingerprint: certificate.fingerprint)

    /// What somebody publishes: sound and picture.
    static let sources = [
        WatchSource(
            codec: RTPCodecParameters(codec: .opus, payloadType: 111), ssrc: 1, cname: "fuzz", streamID: "fuzz",
            trackID: "sound", headerExtensions: RTPHeaderExtensionMap()),
        WatchSource(
            codec: RTPCodecParameters(
                codec: .vp8, payloadType: 96, retransmissionPayloadType: 97, feedback: [.nack, .pictureLoss]),
            ssrc: 2, retransmissionSSRC: 3, cname: "fuzz", streamID: "fuzz", trackID: "picture",
            headerExtensions: RTPHeaderExtensionMap()),
    ]

    /// The offer of a publisher or of a watcher: Opus and VP8 with retransmission.
    static func offer(
        sends: Bool,
        credentials: ICECredentials = ICECredentials(usernameFragment: "abcd", password: "abcdefghijklmnopqrstuv"),
        fingerprint: CertificateFingerprint = certificate.fingerprint
    ) -> String {
        let direction = sends ? "sendonly" : "recvonly"
        let common =
            [
                "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)",
                "a=fingerprint:\(fingerprint.attributeValue)", "a=setup:actpass", "a=\(direction)", "a=rtcp-mux",
                "a=rtcp-rsize",
            ] + extensions.map { "a=extmap:\($0)" }
        let audio = [
            "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc",
        ]
        let video = [
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "a=mid:1", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc",
            "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtpmap:97 rtx/90000",
            "a=fmtp:97 apt=96",
        ]
        let audioStream = ["a=ssrc:\(audioSSRC) cname:fuzz"]
        let videoStream = [
            "a=ssrc-group:FID \(videoSSRC) \(retransmissionSSRC)", "a=ssrc:\(videoSSRC) cname:fuzz",
            "a=ssrc:\(retransmissionSSRC) cname:fuzz",
        ]
        let session = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        let sections = audio + common + (sends ? audioStream : []) + video + common + (sends ? videoStream : [])
        return (session + sections).map { $0 + "\r\n" }.joined()
    }
}
