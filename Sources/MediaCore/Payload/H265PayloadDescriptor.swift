/// What the NAL units of one packet say of their picture. Source: RFC 7798, section 4; ITU-T H.265, section 7.4.2.2.
struct H265PayloadDescriptor: Sendable {
    /// Whether a picture at which decoding may begin, or the parameter sets that lead one in, begins here.
    var isKeyframeStart = false
    /// Whether there is a slice of such a picture, or its parameter sets.
    var isKeyframe = false
    /// Whether a picture begins here, as far as one packet tells.
    var isFrameStart = false
    /// The temporal layer, at most 3: higher ones stand with the third.
    var temporalLayer: UInt8 = 0
    /// Whether higher temporal layers can begin with this picture (TSA).
    var isSwitchingUpPoint = false
    /// Whether its own temporal layer can begin with this picture (TSA, STSA).
    var isLayerSync = false
    /// Whether there is a sequence parameter set, and the size that it tells.
    var hasParameterSets = false
    var size: FrameSize?

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let header = try reader.readUInt16()
            // The forbidden bit marks a syntax error; temporal ids are written plus one.
            guard header & 0x8000 == 0, header & 0x07 != 0 else { return nil }
            temporalLayer = UInt8(min((header & 0x07) - 1, 3))
            switch Self.kind(header) {
            case 48:
                guard reader.remaining > 0 else { return nil }
                while reader.remaining > 0 {
                    let unit = try reader.read(Int(try reader.readUInt16()))
                    note(Self.kind(try unit.uint16(at: 0)), unit.extracting(2...), isComplete: true)
                }
            case 49:
                let fragment = try reader.readUInt8()
                let kind = fragment & 0x3F
                if fragment & 0x80 != 0 {
                    note(kind, payload.extracting(3...), isComplete: false)
                } else if (16...21).contains(kind) {
                    isKeyframe = true
                }
            case 50...63:
                // PACI wraps another payload; the rest is not specified: only the layer is known.
                return
            case let kind:
                note(kind, payload.extracting(2...), isComplete: true)
            }
        } catch {
            return nil
        }
    }

    private static func kind(_ header: UInt16) -> UInt8 { UInt8(header >> 9 & 0x3F) }

    /// Takes note of a NAL unit that begins here; `body` is what is here of it behind its header.
    private mutating func note(_ kind: UInt8, _ body: RawSpan, isComplete: Bool) {
        switch kind {
        case 0...31:
            // first_slice_segment_in_pic_flag
            if ((try? body.uint8(at: 0)) ?? 0x80) & 0x80 != 0 { isFrameStart = true }
            if (16...21).contains(kind) {
                isKeyframe = true
                isKeyframeStart = isKeyframeStart || isFrameStart
            }
            if kind == 2 || kind == 3 { isSwitchingUpPoint = true }
            if (2...5).contains(kind) { isLayerSync = true }
        case 32, 33:
            isFrameStart = true
            isKeyframe = true
            isKeyframeStart = true
            hasParameterSets = true
            if kind == 33, isComplete { size = Self.size(body) ?? size }
        case 34, 35, 39:
            isFrameStart = true
        default: return
        }
    }

    /// The packet's layers. `size` becomes a sequence parameter set's.
    func layers(marker: Bool, size: inout FrameSize) -> FrameLayers? {
        let temporal = Int(temporalLayer)
        // Pictures at which decoding may begin are of the lowest layer. Source: ITU-T H.265, section 7.4.2.2.
        guard !isKeyframe || temporal == 0 else { return nil }
        var layers = FrameLayers()
        layers.temporalLayer = temporalLayer
        layers.presentIn = DecodeTargets.temporal(from: temporal) & DecodeTargets.lowestSpatialTargets
        if isFrameStart { layers.flags.insert(.frameStart) }
        if marker { layers.flags.insert(.frameEnd) }
        if isKeyframe { layers.flags.insert(.keyframe) }
        if isKeyframeStart {
            layers.flags.insert(.keyframeStart)
            if hasParameterSets { layers.flags.insert(.parameterSets) }
            layers.restarts = DecodeTargets.lowestSpatialTargets
            layers.switchTo = DecodeTargets.lowestSpatialTargets
        } else if isFrameStart, isLayerSync, temporal > 0 {
            let begun =
                isSwitchingUpPoint ? DecodeTargets.temporal(from: temporal) : DecodeTargets.temporal(temporal)
            layers.switchTo = begun & DecodeTargets.lowestSpatialTargets
            layers.switchNeedsTemporal = temporalLayer - 1
        }
        size = self.size ?? size
        return layers
    }
}
