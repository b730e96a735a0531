import MediaCore

/// The offers of a call with one video.
struct CodecOffer {
    static let payloadType: UInt8 = 96
    private static let midIdentifier: UInt8 = 1
    private static let ridIdentifier: UInt8 = 10
    private static let descriptorIdentifier: UInt8 = 12

    var codec: MediaCodec
    var sources: [CodecCall.Source]

    func text(_ credentials: ICECredentials, _ fingerprint: CertificateFingerprint, sends: Bool) -> String {
        var lines = [
            "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=extmap-allow-mixed",
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(credentials.usernameFragment)",
            "a=ice-pwd:\(credentials.password)", "a=fingerprint:\(fingerprint.attributeValue)", "a=setup:actpass",
            "a=mid:0", "a=\(sends ? "sendonly" : "recvonly")", "a=rtcp-mux", "a=rtcp-rsize",
            "a=rtpmap:96 \(codec.rawValue)/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
        ]
        switch codec {
        case .h264: lines.append("a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        case .vp9: lines.append("a=fmtp:96 profile-id=0")
        default: break
        }
        let extensions = [
            (RTPHeaderExtension.mid, Self.midIdentifier), (.rid, Self.ridIdentifier),
            (.dependencyDescriptor, Self.descriptorIdentifier),
        ]
        for (kind, identifier) in extensions { lines.append("a=extmap:\(identifier) \(kind.uri)") }
        let rids = sources.compactMap(\.rid)
        if sends, !rids.isEmpty {
            lines += rids.map { "a=rid:\($0) send" }
            lines.append("a=simulcast:send \(rids.joined(separator: ";"))")
        } else if sends, let source = sources.first {
            lines.append("a=ssrc:\(source.ssrc) cname:clip")
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    /// A packet's header extensions. Source: RFC 8285, sections 4.2 and 4.3.
    static func extensionBlock(rid: String?, descriptor: [UInt8]?) -> [UInt8] {
        var elements: [(identifier: UInt8, bytes: [UInt8])] = [(midIdentifier, Array("0".utf8))]
        if let rid { elements.append((ridIdentifier, Array(rid.utf8))) }
        if let descriptor { elements.append((descriptorIdentifier, descriptor)) }
        let isLong = elements.contains { $0.bytes.count > 16 }
        var content: [UInt8] = []
        for (identifier, bytes) in elements {
            content += isLong ? [identifier, UInt8(bytes.count)] : [identifier << 4 | UInt8(bytes.count - 1)]
            content += bytes
        }
        while content.count % 4 != 0 { content.append(0) }
        var block: [UInt8] = []
        block.append(bigEndian: UInt16(isLong ? 0x1000 : 0xBEDE))
        block.append(bigEndian: UInt16(content.count / 4))
        return block + content
    }
}
