/// What the NAL units of one packet say of their picture. Source: RFC 6184, section 5; RFC 6190, section 1.1.3.
struct H264PayloadDescriptor: Sendable {
    /// Whether an IDR picture, or the sequence parameter set that leads one in, begins here.
    var isKeyframeStart = false
    /// Whether there is a slice of an IDR picture, or its sequence parameter set.
    var isKeyframe = false
    /// Whether a picture begins here, as far as one packet tells.
    var isFrameStart = false
    /// The temporal layer that a prefix NAL unit tells; nil without one.
    private var signalledTemporalLayer: UInt8?
    /// Whether there is a slice, and whether one of them or a parameter set is referred to.
    private var hasSlice = false
    private var isReferredTo = false
    /// Whether there is a sequence parameter set, and the size that it tells.
    var hasParameterSets = false
    var size: FrameSize?

    /// The temporal layer: without a prefix, disposable slices stand for the second.
    var temporalLayer: UInt8 { min(signalledTemporalLayer ?? (hasSlice && !isReferredTo ? 1 : 0), 3) }

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let header = try reader.readUInt8()
            // The forbidden bit marks a syntax error.
            guard header & 0x80 == 0 else { return nil }
            switch header & 0x1F {
            case 1...23:
                note(header, payload.extracting(1...), isComplete: true)
            case 24:
                guard reader.remaining > 0 else { return nil }
                while reader.remaining > 0 {
                    let unit = try reader.read(Int(try reader.readUInt16()))
                    note(try unit.uint8(at: 0), unit.extracting(1...), isComplete: true)
                }
            case 28:
                let fragment = try reader.readUInt8()
                let unitHeader = header & 0x60 | fragment & 0x1F
                if fragment & 0x80 != 0 {
                    note(unitHeader, payload.extracting(2...), isComplete: false)
                } else {
                    noteKind(unitHeader)
                }
            default:
                // The other aggregates and fragments belong to the interleaved mode, which is not negotiated.
                return nil
            }
        } catch {
            return nil
        }
    }

    /// Takes note of a NAL unit that begins here; `body` is what is here of the rest.
    private mutating func note(_ header: UInt8, _ body: RawSpan, isComplete: Bool) {
        noteKind(header)
        let first = try? body.uint8(at: 0)
        switch header & 0x1F {
        case 1, 2, 5:
            // first_mb_in_slice is 0 when its code is a single 1.
            if (first ?? 0x80) & 0x80 != 0 { isFrameStart = true }
            if header & 0x1F == 5 { isKeyframeStart = true }
        case 6, 8, 9:
            isFrameStart = true
        case 7:
            isFrameStart = true
            isKeyframeStart = true
            hasParameterSets = true
            if isComplete { size = Self.size(body) ?? size }
        case 14, 20:
            if header & 0x1F == 14 { isFrameStart = true }
            // svc_extension_flag: else the header is another extension's.
            guard let first, first & 0x80 != 0, let layer = try? body.uint8(at: 2) else { return }
            signalledTemporalLayer = layer >> 5
        default: return
        }
    }

    /// Takes note of what a NAL unit is, whether it begins here or goes on.
    private mutating func noteKind(_ header: UInt8) {
        switch header & 0x1F {
        case 1...5:
            hasSlice = true
            if header & 0x60 != 0 { isReferredTo = true }
            if header & 0x1F == 5 { isKeyframe = true }
        case 7:
            isKeyframe = true
            isReferredTo = true
        case 8: isReferredTo = true
        default: return
        }
    }

    /// The packet's layers. `size` becomes a sequence parameter set's.
    func layers(marker: Bool, size: inout FrameSize) -> FrameLayers {
        var layers = FrameLayers()
        // Nothing is left out of a picture that everything hangs on.
        let temporal = isKeyframe ? 0 : Int(temporalLayer)
        layers.temporalLayer = UInt8(temporal)
        layers.presentIn = DecodeTargets.temporal(from: temporal) & DecodeTargets.lowestSpatialTargets
        if isFrameStart || isKeyframeStart { layers.flags.insert(.frameStart) }
        if marker { layers.flags.insert(.frameEnd) }
        if isKeyframe { layers.flags.insert(.keyframe) }
        if isKeyframeStart {
            layers.flags.insert(.keyframeStart)
            if hasParameterSets { layers.flags.insert(.parameterSets) }
            layers.restarts = DecodeTargets.lowestSpatialTargets
            layers.switchTo = DecodeTargets.lowestSpatialTargets
        } else if isFrameStart, temporal > 0 {
            layers.switchTo = DecodeTargets.temporal(temporal) & DecodeTargets.lowestSpatialTargets
            layers.switchNeedsTemporal = UInt8(temporal - 1)
        }
        size = self.size ?? size
        return layers
    }
}
