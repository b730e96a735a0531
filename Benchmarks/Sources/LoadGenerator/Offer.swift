import MediaCore

/// The descriptions that peers send: a section of sound and one of video for each stream, as browsers write them.
enum Offer {
    static let audioPayloadType: UInt8 = 111
    static let videoPayloadType: UInt8 = 96
    static let retransmissionPayloadType: UInt8 = 97
    static let midIdentifier: UInt8 = 1
    static let transportIdentifier: UInt8 = 3
    static let audioLevelIdentifier: UInt8 = 4
    static let transportURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

    /// What a section says of a transport.
    static func transportLines(_ peer: Peer, setup: String) -> [String] {
        let digest = peer.transport.fingerprint.digest.map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true)
        }
        return [
            "a=ice-ufrag:\(peer.transport.credentials.usernameFragment)",
            "a=ice-pwd:\(peer.transport.credentials.password)",
            "a=fingerprint:sha-256 \(digest.joined(separator: ":"))", "a=setup:\(setup)",
        ]
    }

    static func candidateLine(_ peer: Peer) -> String {
        let octets = [24, 16, 8, 0].map { "\(peer.address >> $0 & 255)" }
        return "a=candidate:1 1 udp 2130706431 \(octets.joined(separator: ".")) \(peer.port) typ host"
    }

    /// `streams` are those a publisher sends; none for a subscriber, which asks for what `hasAudio` and `hasVideo` say of
    /// each publisher that it watches.
    /// `setup` is what it says of the handshake: this end begins it, whoever else would like to.
    static func text(
        _ peer: Peer, streams: [PublishedStream], hasAudio: Bool, hasVideo: Bool, setup: String = "actpass"
    ) -> String {
        let kinds = [hasAudio ? false : nil, hasVideo ? true : nil].compactMap { $0 }
        let count = peer.isPublisher ? 1 : peer.watched.count
        // In a publisher's offer these are the ones that its packets carry.
        let sections = (0..<count).flatMap { number in
            kinds.map { (isVideo: $0, mid: "\(number * 2 + ($0 ? 1 : 0))") }
        }
        let mids = sections.map(\.mid)
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE \(mids.joined(separator: " "))",
            "a=extmap-allow-mixed", "a=msid-semantic: WMS load",
        ]
        for (isVideo, mid) in sections {
            let stream = streams.first { $0.isVideo == isVideo }
            lines += [
                "m=\(isVideo ? "video 9 UDP/TLS/RTP/SAVPF 96 97" : "audio 9 UDP/TLS/RTP/SAVPF 111")",
                "c=IN IP4 0.0.0.0",
            ]
            lines += transportLines(peer, setup: setup)
            lines += [
                "a=mid:\(mid)", stream == nil ? "a=recvonly" : "a=sendonly", "a=rtcp-mux",
                "a=rtcp-rsize", "a=extmap:\(midIdentifier) urn:ietf:params:rtp-hdrext:sdes:mid",
                "a=extmap:\(transportIdentifier) \(transportURI)", candidateLine(peer),
            ]
            if isVideo {
                lines += [
                    "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 nack",
                    "a=rtcp-fb:96 nack pli", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96",
                ]
            } else {
                lines += [
                    "a=extmap:\(audioLevelIdentifier) urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                    "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1",
                ]
            }
            guard let stream else { continue }
            lines.append("a=msid:load track\(stream.number)")
            if isVideo { lines.append("a=ssrc-group:FID \(stream.ssrc) \(stream.ssrc + 1)") }
            lines.append("a=ssrc:\(stream.ssrc) cname:load\(peer.number)")
            if isVideo { lines.append("a=ssrc:\(stream.ssrc + 1) cname:load\(peer.number)") }
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// Accepts every section of a server's offer, in the first codec it names.
    static func answer(_ peer: Peer, to offer: String) -> String {
        var sections: [[Substring]] = []
        for line in offer.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("m=") { sections.append([]) }
            if !sections.isEmpty { sections[sections.count - 1].append(line) }
        }
        var mids: [Substring] = []
        var body: [String] = []
        for lines in sections {
            let media = lines[0].dropFirst(2).split(separator: " ")
            guard media.count > 3 else { continue }
            let type = media[3]
            body += ["m=\(media[0]) 9 \(media[2]) \(type)", "c=IN IP4 0.0.0.0", "a=recvonly", "a=rtcp-mux"]
            for line in lines {
                if line.hasPrefix("a=mid:") { mids.append(line.dropFirst(6)) }
                let isKept =
                    line.hasPrefix("a=mid:") || line.hasPrefix("a=rtpmap:\(type) ")
                    || line.hasPrefix("a=rtcp-fb:\(type) ") || line.hasPrefix("a=fmtp:\(type) ")
                    || (line.hasPrefix("a=extmap:") && (line.hasSuffix(transportURI) || line.hasSuffix("sdes:mid")))
                if isKept { body.append(String(line)) }
            }
            if mids.count == 1 { body.append(candidateLine(peer)) }
        }
        let head =
            ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE \(mids.joined(separator: " "))"]
            + transportLines(peer, setup: "active")
        return (head + body).map { $0 + "\r\n" }.joined()
    }

    /// The identifier that a description gives to transport-wide numbers; nil for none.
    static func transportIdentifier(in description: String) -> UInt8? {
        for line in description.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("a=extmap:"), line.hasSuffix(transportURI) else { continue }
            return UInt8(line.dropFirst(9).prefix { $0.isNumber })
        }
        return nil
    }
}
