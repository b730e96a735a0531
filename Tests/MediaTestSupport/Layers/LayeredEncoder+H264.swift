/// H.264 as browsers packetize it: parameter sets in one packet, slices in fragments. Source: RFC 6184, section 5.
extension LayeredEncoder {
    /// A sequence parameter set of constrained baseline, 640x360.
    private static let sequenceParameterSet: [UInt8] = [
        0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x2F, 0xF9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00,
        0x03, 0x00, 0x3C, 0x0F, 0x16, 0x2E, 0x48,
    ]

    /// Where the length of the second unit of the packet with the parameter sets stands.
    static let h264ParameterSetLength = 3 + sequenceParameterSet.count

    func appendH264(_ frame: LayeredFrame, _ position: Int, count: Int, to payload: inout [UInt8]) {
        if frame.isKeyframe, position == 0 {
            // STAP-A of both parameter sets; the second one reaches to the end.
            payload += [0x78, 0, UInt8(Self.sequenceParameterSet.count)] + Self.sequenceParameterSet
            payload += [0, 0, 0x68, 0xCE, 0x3C, 0x80]
            return
        }
        // Pictures nobody refers to say so.
        let isReferred = frame.temporal == 0 || frame.temporal < mode.temporalLayers - 1
        let importance: UInt8 = frame.isKeyframe ? 0x60 : isReferred ? 0x40 : 0
        let type: UInt8 = frame.isKeyframe ? 5 : 1
        let first = frame.isKeyframe ? 1 : 0
        if count - first == 1 {
            payload += [importance | type, 0x9A]
        } else {
            let isStart = position == first
            payload += [
                importance | 28, (isStart ? 0x80 : 0) | (position == count - 1 ? 0x40 : 0) | type, 0x9A,
            ]
        }
    }
}
