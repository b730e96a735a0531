import Testing

@testable import MediaCore

@Suite struct SDPAttributeTests {
    @Test func candidates() throws {
        let text = "1669605774 1 udp 2122260223 192.168.115.173 64356 typ host generation 0 network-id 1"
        let candidate = try #require(ICECandidate(parsing: text))
        #expect(candidate.kind == .host && candidate.foundation == "1669605774" && candidate.priority == 2_122_260_223)
        #expect(candidate.address == TransportAddress("192.168.115.173", port: 64_356))
        #expect(ICECandidate(parsing: "candidate:" + text) == candidate)
        #expect(ICECandidate(parsing: "a=candidate:" + text) == candidate)
        #expect(candidate.attributeValue == "1669605774 1 udp 2122260223 192.168.115.173 64356 typ host")
        let kinds: [ICECandidate.Kind] = [.host, .serverReflexive, .peerReflexive, .relayed]
        for kind in kinds {
            for address in ["192.0.2.1", "2001:db8::1"] {
                let made = ICECandidate(
                    kind: kind, address: TransportAddress(address, port: 9)!, foundation: "a+/9", priority: 7)
                #expect(ICECandidate(parsing: made.attributeValue) == made)
            }
        }
        let ignored = [
            "", "1", "1 1 udp 1 192.0.2.1 1 typ",
            "1 1 tcp 1 192.0.2.1 9 typ host tcptype active", "1 2 udp 1 192.0.2.1 1 typ host",
            "1 1 udp 1 3a9c2a4e-6e5c-4ef8-9d22-dd4bd46ba0a5.local 1 typ host", "1 1 udp 1 example.org 1 typ host",
            "1 1 udp 1 192.0.2.1 0 typ host", "1 1 udp 1 192.0.2.1 65536 typ host", "1 1 udp -1 192.0.2.1 1 typ host",
            "1 1 udp 4294967296 192.0.2.1 1 typ host", "1 1 udp 1 192.0.2.1 1 typ moon",
            "1 1 udp 1 fe80::1%eth0 1 typ host",
            "1 1 udp 1 0.0.0.0 1 typ host", "1 1 udp 1 224.0.0.1 1 typ host", "1 1 udp 1 192.0.2.1 1 type host",
            "- 1 udp 1 192.0.2.1 1 typ host", String(repeating: "1", count: 33) + " 1 udp 1 192.0.2.1 1 typ host",
        ]
        for text in ignored { #expect(ICECandidate(parsing: text) == nil, "\(text)") }
    }

    @Test func fingerprints() throws {
        let value = "sha-256 " + Offers.fingerprint
        let fingerprint = try #require(CertificateFingerprint(parsing: value))
        #expect(fingerprint.algorithm == .sha256 && fingerprint.digest.prefix(2) == [0xF5, 0xCE])
        #expect(fingerprint.attributeValue == value)
        #expect(CertificateFingerprint(parsing: value.lowercased()) == fingerprint)
        #expect(CertificateFingerprint(parsing: value.uppercased()) == fingerprint)
        for algorithm in CertificateFingerprint.Algorithm.allCases {
            let digest = (0..<algorithm.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let made = try #require(CertificateFingerprint(algorithm: algorithm, digest: digest))
            #expect(CertificateFingerprint(parsing: made.attributeValue) == made)
        }
        let hash = Offers.fingerprint
        for text in [
            "", hash, "sha-1 \(hash)", "md5 \(hash)", "sha-512 \(hash)", "sha-256 \(hash):00", "sha-256 AA:BB",
            "sha-256 \(hash.replacing("F5", with: "+5"))", "sha-256 \(hash.replacing("F5", with: "G5"))",
            "sha-256 \(hash.replacing("F5:", with: ":"))", "sha-256 \(hash) x",
        ] {
            #expect(CertificateFingerprint(parsing: text) == nil, "\(text)")
        }
    }

    @Test func h264Profiles() {
        let profiles: [(String, H264ProfileLevel.Profile)] = [
            ("42e01f", .constrainedBaseline), ("42C02A", .constrainedBaseline), ("4d801f", .constrainedBaseline),
            ("58f00a", .constrainedBaseline), ("42001f", .baseline), ("42a01f", .baseline), ("588014", .baseline),
            ("4d001f", .main), ("4d400a", .main), ("64001f", .high), ("640c1f", .constrainedHigh),
            ("f4001f", .other(0xF400)), ("42e11f", .other(0x42E1)),
        ]
        for (text, profile) in profiles { #expect(H264ProfileLevel(text)?.profile == profile, "\(text)") }
        #expect(H264ProfileLevel("42e01f")?.level == 31)
        for text in ["", "42e01", "42e01ff", "+2e01f", "-2e01f", "42e01g"] { #expect(H264ProfileLevel(text) == nil) }

        let decodes = { (decoder: String, stream: String) in
            H264ProfileLevel(decoder)!.decodes(H264ProfileLevel(stream)!)
        }
        #expect(decodes("42e01f", "42c02a"), "levels may differ")
        #expect(decodes("42001f", "42e01f") && decodes("4d001f", "42e01f") && decodes("64001f", "42e01f"))
        #expect(decodes("64001f", "4d001f") && decodes("64001f", "640c1f"))
        #expect(!decodes("42e01f", "42001f") && !decodes("4d001f", "64001f") && !decodes("42e01f", "4d001f"))
        #expect(!decodes("640c1f", "64001f") && !decodes("64001f", "f4001f") && decodes("f4001f", "f4001f"))
    }

    @Test func formatParameters() {
        let parameters = FormatParameters(
            "Level-Asymmetry-Allowed=1; packetization-mode = 1 ;profile-level-id=42e01f;;=;x")
        #expect(parameters["level-asymmetry-allowed"] == "1" && parameters["x"] == nil && parameters["apt"] == nil)
        #expect(parameters.packetizationMode == "1" && FormatParameters("").packetizationMode == "0")
        #expect(parameters.h264ProfileLevel?.profile == .constrainedBaseline)
        #expect(FormatParameters("").h264ProfileLevel == .unspecified)
        #expect(FormatParameters("profile-level-id=zz").h264ProfileLevel == nil)
    }

    @Test func formats() throws {
        let section = try section(
            "m=video 9 P 96 97 98 5", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:* nack", "a=rtcp-fb:96 nack pli",
            "a=rtcp-fb:96 ack ccfb", "a=rtcp-fb:97 transport-cc", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
            "a=rtpmap:99 VP9/90000", "a=rtpmap:98 H265/90000", "a=fmtp:98 a=1", "a=fmtp:98 b=2", "a=fmtp:300 x")
        let formats = try section.mediaFormats()
        #expect(formats.map(\.payloadType) == [96, 97, 98, 5])
        #expect(formats.map(\.codec) == [.vp8, nil, .h265, nil])
        #expect(formats[0].feedback == [.nack, .pictureLoss] && formats[1].feedback == [.nack, .transportWide])
        #expect(formats[1].associatedPayloadType == 96 && formats[0].associatedPayloadType == nil)
        #expect(formats[2].parameters == "a=1")
        for (lines, number) in [
            (["m=video 9 P 128"], 2), (["m=video 9 P x"], 2), (["m=video 9 P 96 96"], 2),
            (["m=video 9 P 96", "a=rtpmap:999 VP8/90000"], 3), (["m=video 9 P 96", "a=rtpmap:96"], 3),
            (["m=video 9 P 96", "a=rtpmap:96 VP8"], 3), (["m=video 9 P 96", "a=rtpmap:96 VP8/x"], 3),
            (["m=video 9 P 96", "a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP9/90000"], 4),
        ] {
            let text = (["v=0"] + lines).joined(separator: "\n")
            let section = try SessionDescription(parsing: text).media[0]
            let error = #expect(throws: SDPError.self) { try section.mediaFormats() }
            #expect(error?.line == number, "\(lines)")
        }
    }

    @Test func headerExtensionLines() throws {
        let section = try section(
            "m=video 9 P 96", "a=extmap:1 urn:a", "a=extmap:2/sendonly urn:b with more", "a=extmap:0 urn:c",
            "a=extmap:15 urn:d", "a=extmap:256 urn:e", "a=extmap:4096 urn:f", "a=extmap:3/sideways urn:g", "a=extmap:5",
            "a=extmap:200 urn:h")
        let mappings = try section.headerExtensions(session: [])
        #expect(mappings.map(\.identifier) == [1, 2, 200])
        #expect(
            mappings.map { $0.answered(.recvonly).description } == [
                "a=extmap:1 urn:a", "a=extmap:2/recvonly urn:b", "a=extmap:200 urn:h",
            ])
        let session = [SDPLine("extmap", "1 urn:other"), SDPLine("extmap", "7 urn:session")]
        #expect(
            try section.headerExtensions(session: session).map(\.uri) == ["urn:a", "urn:b", "urn:h", "urn:session"])
        let twice = try self.section("m=video 9 P 96", "a=extmap:1 urn:a", "a=extmap:1 urn:b")
        let error = #expect(throws: SDPError.self) { try twice.headerExtensions(session: []) }
        #expect(error?.line == 4)
    }

    @Test func streams() throws {
        let simulcast = try section(
            "m=video 9 P 96", "a=rid:h send", "a=rid:m send pt=96,98", "a=rid:x send pt=97", "a=rid:l send",
            "a=rid:r recv", "a=rid:b@d send", "a=simulcast:recv r;q send x,h;~m;l,h;unknown", "a=ssrc:1 cname:c")
        let layers = simulcast.offeredStreams(payloadType: 96)
        #expect(layers.restrictions.map(\.rid) == ["h", "m", "l"])
        #expect(layers.restrictions.map(\.isPaused) == [false, true, false])
        #expect(layers.isSimulcast && layers.cname == "c")

        let plain = try section(
            "m=video 9 P 96", "a=ssrc:5 cname:a b", "a=ssrc:6 cname:z", "a=ssrc:7", "a=ssrc-group:FID 6 5",
            "a=ssrc-group:FEC-FR 6 7", "a=ssrc:0 x:y", "a=ssrc:-1", "a=ssrc-group:FID 1 2 3", "a=ssrc-group:")
        #expect(
            plain.offeredStreams(payloadType: 96).encodings == [
                RTPEncodingParameters(ssrc: 6, retransmissionSSRC: 5)
            ])
        let legacy = try section(
            "m=video 9 P 96", "a=ssrc-group:SIM 1 2 3 1 9", "a=ssrc-group:FID 1 11", "a=ssrc-group:FID 2 12",
            "a=ssrc:1 cname:x", "a=ssrc:2", "a=ssrc:3", "a=ssrc:11", "a=ssrc:12")
        #expect(
            legacy.offeredStreams(payloadType: 96).encodings == [
                RTPEncodingParameters(ssrc: 1, retransmissionSSRC: 11),
                RTPEncodingParameters(ssrc: 2, retransmissionSSRC: 12), RTPEncodingParameters(ssrc: 3),
            ])
    }

    private func section(_ lines: String...) throws -> MediaDescription {
        try SessionDescription(parsing: (["v=0"] + lines).joined(separator: "\r\n")).media[0]
    }
}
