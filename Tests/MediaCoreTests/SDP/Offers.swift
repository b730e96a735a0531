import MediaCore

/// Offers as the programs write them, shortened where they repeat themselves.
enum Offers {
    static let fingerprint =
        "F5:CE:1E:60:EC:B1:A4:29:DC:C4:2A:53:A4:DA:A0:9F:A3:3B:6D:11:FE:8C:7F:48:5F:03:AD:1A:7B:76:69:67"

    private static func text(_ parts: [String]...) -> String {
        parts.joined().map { $0 + "\r\n" }.joined()
    }

    private static func lines(_ parts: [String]...) -> [String] { Array(parts.joined()) }

    private static let session = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]

    private static let feedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]

    static let transport = [
        "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:4mR1", "a=ice-pwd:d7Ou6mHlq1enMEWs0v0VAYov",
        "a=ice-options:trickle", "a=fingerprint:sha-256 \(fingerprint)", "a=setup:actpass",
    ]

    private static func video(_ payloadType: Int, _ encoding: String, _ parameters: String? = nil, rtx: Int) -> [String]
    {
        lines(
            ["a=rtpmap:\(payloadType) \(encoding)/90000"], feedback.map { "a=rtcp-fb:\(payloadType) \($0)" },
            parameters.map { ["a=fmtp:\(payloadType) \($0)"] } ?? [],
            ["a=rtpmap:\(rtx) rtx/90000", "a=fmtp:\(rtx) apt=\(payloadType)"])
    }

    private static let chromeAudioCodecs = [
        "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000", "a=rtpmap:13 CN/8000", "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
    ]

    private static let chromeAudioExtensions = [
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
    ]

    private static let chromeVideoExtensions = [
        "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "a=extmap:13 urn:3gpp:video-orientation",
        "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
        "a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
        "a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
        "a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space",
        "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    ]

    private static func h264(mode: Int, _ profile: String) -> String {
        "level-asymmetry-allowed=1;packetization-mode=\(mode);profile-level-id=\(profile)"
    }

    private static let chromeVideoCodecs = lines(
        video(96, "VP8", rtx: 97), video(103, "H264", h264(mode: 1, "42001f"), rtx: 104),
        video(107, "H264", h264(mode: 0, "42001f"), rtx: 108), video(109, "H264", h264(mode: 1, "42e01f"), rtx: 114),
        video(115, "H264", h264(mode: 0, "42e01f"), rtx: 116), video(117, "H264", h264(mode: 1, "4d001f"), rtx: 118),
        video(39, "H264", h264(mode: 0, "4d001f"), rtx: 40), video(45, "AV1", "level-idx=5;profile=0;tier=0", rtx: 46),
        video(98, "VP9", "profile-id=0", rtx: 99), video(100, "VP9", "profile-id=2", rtx: 101),
        ["a=rtpmap:119 red/90000", "a=rtpmap:120 rtx/90000", "a=fmtp:120 apt=119", "a=rtpmap:121 ulpfec/90000"])

    private static let chromeVideoFormats =
        "96 97 103 104 107 108 109 114 115 116 117 118 39 40 45 46 98 99 100 101 119 120 121"

    private static let chromeCandidates = [
        "a=candidate:1669605774 1 udp 2122260223 192.168.115.173 64356 typ host generation 0 network-id 1",
        "a=candidate:755488126 1 tcp 1518280447 192.168.115.173 9 typ host tcptype active generation 0 network-id 1",
        "a=candidate:3012 1 udp 2113937151 3a9c2a4e-6e5c-4ef8-9d22-dd4bd46ba0a5.local 51234 typ host generation 0",
    ]

    /// Chromium, camera and microphone, `sendonly` transceivers. `first` goes in front of the video formats, as
    /// `setCodecPreferences` does.
    static func chromePublish(preferring first: String? = nil) -> String {
        let formats = first.map { preferred in
            ([preferred] + chromeVideoFormats.split(separator: " ").map(String.init).filter { $0 != preferred })
                .joined(separator: " ")
        }
        let tracks = [
            "a=ssrc-group:FID 3463951252 1461041037", "a=ssrc:3463951252 cname:XafHSPS71ySwVueL",
            "a=ssrc:3463951252 msid:0836cc8e bdbd2c0a", "a=ssrc:1461041037 cname:XafHSPS71ySwVueL",
            "a=ssrc:1461041037 msid:0836cc8e bdbd2c0a",
        ]
        return text(
            session, ["a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS 0836cc8e"],
            ["m=audio 64356 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126"], Array(transport.prefix(2)), chromeCandidates,
            Array(transport.dropFirst(2)), ["a=mid:0"], chromeAudioExtensions,
            ["a=sendonly", "a=msid:0836cc8e 40abf2d3", "a=rtcp-mux", "a=rtcp-rsize"], chromeAudioCodecs,
            ["a=ssrc:2096647523 cname:XafHSPS71ySwVueL", "a=ssrc:2096647523 msid:0836cc8e 40abf2d3"],
            ["m=video 9 UDP/TLS/RTP/SAVPF \(formats ?? chromeVideoFormats)"], transport, ["a=mid:1"],
            chromeVideoExtensions, ["a=sendonly", "a=msid:0836cc8e bdbd2c0a", "a=rtcp-mux", "a=rtcp-rsize"],
            chromeVideoCodecs, tracks)
    }

    /// Chromium, two `recvonly` transceivers.
    static let chromeWatch = text(
        session, ["a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS"],
        ["m=video 9 UDP/TLS/RTP/SAVPF \(chromeVideoFormats)"], transport, ["a=mid:0"], chromeVideoExtensions,
        ["a=recvonly", "a=rtcp-mux", "a=rtcp-rsize"], chromeVideoCodecs,
        ["m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126"], transport, ["a=mid:1"], chromeAudioExtensions,
        ["a=recvonly", "a=rtcp-mux", "a=rtcp-rsize"], chromeAudioCodecs)

    private static let firefoxSession = [
        "v=0", "o=mozilla...THIS_IS_SDPARTA-115.0 9033133899747520364 0 IN IP4 0.0.0.0", "s=-", "t=0 0",
        "a=fingerprint:sha-256 \(fingerprint)", "a=group:BUNDLE 0 1", "a=ice-options:trickle", "a=msid-semantic:WMS *",
    ]

    private static let firefoxAudio = [
        "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1", "a=fmtp:101 0-15",
        "a=ice-pwd:cd25258044061ec2ecc73378eb3dc6a3", "a=ice-ufrag:c1e284ad", "a=mid:0", "a=rtcp-mux",
        "a=rtpmap:109 opus/48000/2", "a=rtpmap:9 G722/8000/1", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000/1", "a=setup:actpass",
    ]

    private static let firefoxFeedback = [120, 121, 126, 97].flatMap { type in
        ["nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"].map { "a=rtcp-fb:\(type) \($0)" }
    }

    private static let firefoxVideo = lines(
        [
            "a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1",
            "a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1", "a=fmtp:120 max-fs=12288;max-fr=60",
            "a=fmtp:124 apt=120", "a=fmtp:121 max-fs=12288;max-fr=60", "a=fmtp:125 apt=121", "a=fmtp:127 apt=126",
            "a=fmtp:98 apt=97", "a=ice-pwd:cd25258044061ec2ecc73378eb3dc6a3", "a=ice-ufrag:c1e284ad", "a=mid:1",
        ], firefoxFeedback,
        [
            "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:120 VP8/90000", "a=rtpmap:124 rtx/90000", "a=rtpmap:121 VP9/90000",
            "a=rtpmap:125 rtx/90000", "a=rtpmap:126 H264/90000", "a=rtpmap:127 rtx/90000", "a=rtpmap:97 H264/90000",
            "a=rtpmap:98 rtx/90000", "a=setup:actpass",
        ])

    private static func firefox(_ direction: String, bundleOnly: Bool, audio: [String], video: [String]) -> String {
        let audioExtensions = [
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level",
            "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
        ]
        let videoExtensions = [
            "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            "a=extmap:5 urn:ietf:params:rtp-hdrext:toffset",
            "a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            "a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        ]
        let port = bundleOnly ? "0" : "9"
        return text(
            firefoxSession,
            ["m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101", "c=IN IP4 0.0.0.0", "a=\(direction)"], audioExtensions,
            firefoxAudio, audio,
            ["m=video \(port) UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98", "c=IN IP4 0.0.0.0"],
            bundleOnly ? ["a=bundle-only"] : [], ["a=\(direction)"], videoExtensions, firefoxVideo, video)
    }

    /// Firefox, camera and microphone, the second section bundle-only.
    static let firefoxPublish = firefox(
        "sendonly", bundleOnly: true,
        audio: ["a=msid:{a1} {b1}", "a=ssrc:1481683531 cname:{326ec0d2-d1ae}"],
        video: [
            "a=msid:{a1} {b2}", "a=ssrc:2711410 cname:{326ec0d2-d1ae}", "a=ssrc:2711411 cname:{326ec0d2-d1ae}",
            "a=ssrc-group:FID 2711410 2711411",
        ])

    /// Firefox, two `recvonly` transceivers.
    static let firefoxWatch = firefox("recvonly", bundleOnly: false, audio: [], video: [])

    /// OBS Studio 30: one H.264 format, no header extensions, transport attributes above the sections and LF line ends.
    static let obs = [
        "v=0", "o=rtc 2087652473 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=group:LS 0 1",
        "a=msid-semantic:WMS *", "a=ice-options:ice2,trickle", "a=fingerprint:sha-256 \(fingerprint)",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly",
        "a=ssrc:1720219813 cname:Lq5wqmw9hYb1p9AJ", "a=ssrc:1720219813 msid:Zq6 Zq6-audio", "a=msid:Zq6 Zq6-audio",
        "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1",
        "a=setup:actpass", "a=ice-ufrag:7w4E", "a=ice-pwd:Lxc3aVwNOb3vHgVo1mIFJt",
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:1", "a=sendonly",
        "a=ssrc:1720219814 cname:Lq5wqmw9hYb1p9AJ", "a=ssrc:1720219814 msid:Zq6 Zq6-video", "a=msid:Zq6 Zq6-video",
        "a=rtcp-mux", "a=rtpmap:96 H264/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 goog-remb",
        "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
        "a=setup:actpass", "a=ice-ufrag:7w4E", "a=ice-pwd:Lxc3aVwNOb3vHgVo1mIFJt",
    ].map { $0 + "\n" }.joined()

    /// GStreamer's webrtcbin with bundle-policy max-bundle: video first, the audio section bundle-only.
    static let gstreamer = text(
        [
            "v=0", "o=- 3871231237123 0 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-options:trickle",
            "a=group:BUNDLE video0 audio1", "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "c=IN IP4 0.0.0.0", "a=setup:actpass",
            "a=ice-ufrag:FYaXL1jA6XK0kMvg2mRZbkzq9KZXlV8u", "a=ice-pwd:wGdpW980Caww9WWsbg6jJ5pGu8w1jIV1",
            "a=rtcp-mux", "a=rtcp-rsize", "a=sendonly",
            "a=rtpmap:96 H264/90000", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 transport-cc",
            "a=rtcp-fb:96 nack", "a=framerate:30",
            "a=fmtp:96 packetization-mode=1;profile-level-id=42c01f;sprop-parameter-sets=Z0LAH9oBQBbsBEAAAAMAQAAADyPGDKg=,aM48gA==",
            "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=ssrc-group:FID 1107001 1107002",
            "a=ssrc:1107001 msid:user31@host-8f webrtctransceiver0", "a=ssrc:1107001 cname:user31@host-8f",
            "a=ssrc:1107002 cname:user31@host-8f", "a=mid:video0", "a=fingerprint:sha-256 \(fingerprint)",
            "m=audio 0 UDP/TLS/RTP/SAVPF 98", "c=IN IP4 0.0.0.0", "a=setup:actpass",
            "a=ice-ufrag:FYaXL1jA6XK0kMvg2mRZbkzq9KZXlV8u", "a=ice-pwd:wGdpW980Caww9WWsbg6jJ5pGu8w1jIV1",
            "a=bundle-only", "a=rtcp-mux", "a=rtcp-rsize", "a=sendonly", "a=rtpmap:98 OPUS/48000/2",
            "a=rtcp-fb:98 transport-cc", "a=fmtp:98 sprop-stereo=1",
            "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            "a=ssrc:1107003 cname:user31@host-8f", "a=mid:audio1", "a=fingerprint:sha-256 \(fingerprint)",
        ])

    /// FFmpeg's WHIP muxer: it insists on being the DTLS server.
    static let ffmpeg = text(
        [
            "v=0", "o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1", "s=FFmpegPublishSession", "t=0 0",
            "a=group:BUNDLE 0 1", "a=extmap-allow-mixed", "a=msid-semantic: WMS",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=ice-ufrag:08a9c3f4",
            "a=ice-pwd:a202d23be47d1decaa6f67d04d4e6c16", "a=fingerprint:sha-256 \(fingerprint)", "a=setup:passive",
            "a=mid:0", "a=sendonly", "a=msid:FFmpeg audio", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2",
            "a=ssrc:3115312 cname:FFmpeg", "a=ssrc:3115312 msid:FFmpeg audio",
            "m=video 9 UDP/TLS/RTP/SAVPF 106", "c=IN IP4 0.0.0.0", "a=ice-ufrag:08a9c3f4",
            "a=ice-pwd:a202d23be47d1decaa6f67d04d4e6c16", "a=fingerprint:sha-256 \(fingerprint)", "a=setup:passive",
            "a=mid:1", "a=sendonly", "a=msid:FFmpeg video", "a=rtcp-mux", "a=rtcp-rsize", "a=rtpmap:106 H264/90000",
            "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01f",
            "a=ssrc:3115313 cname:FFmpeg", "a=ssrc:3115313 msid:FFmpeg video",
        ])

    /// All of a publisher's, by name.
    static let publishers = [
        ("Chromium", chromePublish()), ("Firefox", firefoxPublish), ("OBS", obs), ("GStreamer", gstreamer),
        ("FFmpeg", ffmpeg),
    ]
}
