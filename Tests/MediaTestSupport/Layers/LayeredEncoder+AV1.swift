/// AV1's aggregation header and OBU headers. Source: AOM, RTP payload format for AV1, section 4.4.
extension LayeredEncoder {
    func appendAV1(_ frame: LayeredFrame, _ position: Int, isLast: Bool, to payload: inout [UInt8]) {
        let isStart = frame.isKeyframe && frame.spatial == 0 && position == 0
        // Z, Y, W, N.
        payload.append(
            (position > 0 ? 0x80 : 0) | (isLast ? 0 : 0x40) | (isStart ? 0x20 : 0x10) | (isStart ? 0x08 : 0))
        if isStart {
            // A sequence header of 1280x720.
            payload += [12, 0x08, 0x00, 0x00, 0x00, 0x42, 0xA7, 0xBF, 0xE6, 0x2E, 0xDF, 0xC8, 0x42]
        }
        guard position == 0 else { return }
        // OBU_FRAME, with the extension when there are layers.
        if mode.spatialLayers > 1 || mode.temporalLayers > 1 {
            payload += [0x34, UInt8(frame.temporal) << 5 | UInt8(frame.spatial) << 3]
        } else {
            payload.append(0x30)
        }
    }
}
