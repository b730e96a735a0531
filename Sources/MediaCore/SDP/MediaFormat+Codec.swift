extension MediaFormat {
    /// H.264's packetization mode.
    var h264Mode: Substring { FormatParameters(parameters).packetizationMode }

    /// H.264's profile; nil when it can't be read.
    var h264Profile: H264ProfileLevel.Profile? { FormatParameters(parameters).h264ProfileLevel?.profile }

    /// Whether the engine forwards this format of a codec it knows: of H.264, not the interleaved mode.
    var isForwarded: Bool {
        switch codec {
        case .h264: (h264Mode == "0" || h264Mode == "1") && h264Profile != nil
        case .h265: H265Format(FormatParameters(parameters)) != nil
        default: true
        }
    }

    /// The format as negotiated parameters, with its retransmission and redundancy formats among those of the same section.
    func parameters(among formats: [MediaFormat]) -> RTPCodecParameters? {
        guard let codec else { return nil }
        let retransmission = formats.first {
            $0.associatedPayloadType == payloadType && $0.clockRate == clockRate && $0.isDistinctFromRTCP
        }
        let redundant = formats.first {
            codec.kind == .audio && $0.redundantPrimary == payloadType && $0.isDistinctFromRTCP
        }
        var served: RTCPFeedbackTypes = [.nack, .transportWide, .receiverEstimate]
        if codec.kind == .video { served.formUnion([.pictureLoss, .fullIntraRequest]) }
        return RTPCodecParameters(
            codec: codec, payloadType: payloadType, retransmissionPayloadType: retransmission?.payloadType,
            redundantPayloadType: redundant?.payloadType, formatParameters: parameters,
            feedback: feedback.intersection(served))
    }

    /// How well a receiver of this format can take a stream of `stream`'s: 2 when they are the same, 1 when the
    /// decoder can do it, nil when not.
    func match(_ stream: RTPCodecParameters) -> Int? {
        guard codec == stream.codec, isDistinctFromRTCP else { return nil }
        let ours = FormatParameters(parameters)
        let theirs = FormatParameters(stream.formatParameters)
        switch stream.codec {
        case .opus, .vp8:
            return 2
        case .vp9:
            return ours["profile-id"] ?? "0" == theirs["profile-id"] ?? "0" ? 2 : nil
        case .av1:
            return ours["profile"] ?? "0" == theirs["profile"] ?? "0" ? 2 : nil
        case .h265:
            guard let decoder = H265Format(ours), let encoder = H265Format(theirs), decoder.decodes(encoder) else {
                return nil
            }
            return decoder.profile == encoder.profile && decoder.isHighTier == encoder.isHighTier ? 2 : 1
        case .h264:
            guard ours.packetizationMode == theirs.packetizationMode, let decoder = ours.h264ProfileLevel,
                let encoder = theirs.h264ProfileLevel, decoder.decodes(encoder)
            else { return nil }
            return decoder.profile == encoder.profile ? 2 : 1
        }
    }
}

extension RTPCodecParameters {
    /// What a viewer must offer to receive it, for a person.
    var requirement: String {
        let parameters = FormatParameters(formatParameters)
        switch codec {
        case .opus, .vp8: return codec.rawValue
        case .h265:
            return "H265 profile-id=\(parameters["profile-id"] ?? "1");tier-flag=\(parameters["tier-flag"] ?? "0");"
                + "level-id=\(parameters["level-id"] ?? "93")"
        case .vp9: return "VP9 profile-id=\(parameters["profile-id"] ?? "0")"
        case .av1: return "AV1 profile=\(parameters["profile"] ?? "0")"
        case .h264:
            let profile = parameters["profile-level-id"] ?? "42000a"
            return "H264 packetization-mode=\(parameters.packetizationMode);profile-level-id=\(profile)"
        }
    }
}
