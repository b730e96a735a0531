/// A stream that a viewer can be given.
package struct WatchSource: Equatable, Sendable {
    /// The producer's codec, as negotiated with the publisher.
    var codec: RTPCodecParameters
    /// The SSRC the viewer will see.
    var ssrc: UInt32
    /// The SSRC of retransmissions to the viewer; nil to send none.
    var retransmissionSSRC: UInt32?
    /// The canonical name; the same for all that play in step.
    var cname: String
    /// The media stream it belongs to; the same for all that play in step. Source: RFC 8830, section 2.
    var streamID: String
    /// The track in it.
    var trackID: String
    /// The header extensions of the producer, as negotiated with the publisher.
    var headerExtensions: RTPHeaderExtensionMap

    /// Creates a source.
    package init(
        codec: RTPCodecParameters, ssrc: UInt32, retransmissionSSRC: UInt32? = nil, cname: String, streamID: String,
        trackID: String, headerExtensions: RTPHeaderExtensionMap
    ) {
        self.codec = codec
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.cname = cname
        self.streamID = streamID
        self.trackID = trackID
        self.headerExtensions = headerExtensions
    }

    /// Audio or video.
    var kind: MediaKind { codec.codec.kind }

    /// Whether packets to the viewer can carry an extension: some the engine writes itself, others come from the
    /// publisher; what a publisher says of its layers as a whole is not what a viewer gets.
    func canSend(_ kind: RTPHeaderExtension) -> Bool {
        switch kind {
        case .mid, .transportSequenceNumber, .absoluteSendTime: true
        case .rid, .repairedRid, .videoLayersAllocation: false
        case .audioLevel, .playoutDelay, .videoOrientation, .dependencyDescriptor: headerExtensions[kind] != nil
        }
    }

    /// The lines that name the stream in an answer. Source: RFC 8830; RFC 5576.
    func streamLines(retransmitting: Bool) -> [SDPLine] {
        let cname = Self.word(cname) { (0x21...0x7E).contains($0) }
        let stream = Self.word(streamID, of: SDPText.isTokenCharacter)
        let track = Self.word(trackID, of: SDPText.isTokenCharacter)
        var lines = [SDPLine("msid", "\(stream) \(track)")]
        if retransmitting, let retransmissionSSRC {
            lines.append(SDPLine("ssrc-group", "FID \(ssrc) \(retransmissionSSRC)"))
        }
        lines.append(SDPLine("ssrc", "\(ssrc) cname:\(cname)"))
        if retransmitting, let retransmissionSSRC {
            lines.append(SDPLine("ssrc", "\(retransmissionSSRC) cname:\(cname)"))
        }
        return lines
    }

    /// A text reduced to what the grammar allows: a publisher's words must not become a viewer's lines.
    private static func word(_ text: String, of isAllowed: (UInt8) -> Bool) -> String {
        let kept = text.utf8.filter(isAllowed).prefix(64)
        return kept.isEmpty ? "-" : String(decoding: kept, as: UTF8.self)
    }
}
