/// VP9's payload descriptor as browsers fill it. Source: RFC 9628, section 4.2.
extension LayeredEncoder {
    mutating func appendVP9(
        _ frame: LayeredFrame, _ position: Int, isLast: Bool, to payload: inout [UInt8]
    ) -> Range<Int> {
        let hasLayers = mode.spatialLayers > 1 || mode.temporalLayers > 1
        let isPredicted = !frame.isKeyframe
        let hasStructure = frame.isKeyframe && frame.spatial == 0 && position == 0
        let isForUpperLayer =
            frame.spatial < mode.spatialLayers - 1 && (frame.isKeyframe || !mode.predictsLayersInKeyframesOnly)
        var flags: UInt8 = 0x80
        if isPredicted { flags |= 0x40 }
        if hasLayers { flags |= 0x20 }
        if mode.isFlexible { flags |= 0x10 }
        if position == 0 { flags |= 0x08 }
        if isLast { flags |= 0x04 }
        if hasStructure { flags |= 0x02 }
        if !isForUpperLayer { flags |= 0x01 }
        payload.append(flags)
        let identifier = pictureID(frame.picture)
        payload += [0x80 | UInt8(identifier >> 8 & 0x7F), UInt8(identifier & 255)]
        var rewritable = 1..<3
        if hasLayers {
            let isUp = frame.isKeyframe || pattern.isSwitchingUpPoint(frame.pattern)
            let isLayerPredicted = frame.spatial > 0 && (frame.isKeyframe || !mode.predictsLayersInKeyframesOnly)
            payload.append(
                UInt8(frame.temporal) << 5 | (isUp ? 0x10 : 0) | UInt8(frame.spatial) << 1
                    | (isLayerPredicted ? 1 : 0))
            if !mode.isFlexible {
                payload.append(levelZeroIndex)
                rewritable = 1..<5
            }
        }
        if mode.isFlexible, isPredicted {
            let differences = pattern.temporalReferences(frame.pattern)
            for (place, difference) in differences.enumerated() {
                payload.append(UInt8(difference) << 1 | (place < differences.count - 1 ? 1 : 0))
            }
        }
        if hasStructure { appendScalabilityStructure(to: &payload) }
        return rewritable
    }

    private func appendScalabilityStructure(to payload: inout [UInt8]) {
        // N_S, Y, G.
        payload.append(UInt8(mode.spatialLayers - 1) << 5 | 0x10 | (mode.isFlexible ? 0 : 0x08))
        for layer in 0..<mode.spatialLayers {
            for side in [size.width, size.height] {
                let pixels = side >> (mode.spatialLayers - 1 - layer)
                payload += [UInt8(pixels >> 8), UInt8(pixels & 255)]
            }
        }
        guard !mode.isFlexible else { return }
        payload.append(UInt8(pattern.period))
        for picture in pattern.period..<2 * pattern.period {
            let differences = pattern.temporalReferences(picture)
            payload.append(
                UInt8(pattern.temporalLayer(picture)) << 5 | (pattern.isSwitchingUpPoint(picture) ? 0x10 : 0)
                    | UInt8(differences.count) << 2)
            payload += differences.map { UInt8($0) }
        }
    }
}
