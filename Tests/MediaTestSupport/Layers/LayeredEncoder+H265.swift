/// H.265: parameter sets in one packet, slices in fragments. Source: RFC 7798, section 4.4.
extension LayeredEncoder {
    private static let parameterSets: [[UInt8]] = [
        [0x40, 0x01, 0x0C, 0x01, 0xFF, 0xFF, 0x01, 0x60], [0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03],
    ]

    /// Where the length of the last unit of the packet with the parameter sets stands.
    static let h265ParameterSetLength = 2 + parameterSets.reduce(0) { $0 + 2 + $1.count }

    func appendH265(_ frame: LayeredFrame, _ position: Int, count: Int, to payload: inout [UInt8]) {
        let layer = UInt8(frame.temporal + 1)
        // IDR_W_RADL; TRAIL_R; TSA_R and, where nobody refers to it, TSA_N.
        let type: UInt8 =
            frame.isKeyframe ? 19 : frame.temporal == 0 ? 1 : frame.temporal < mode.temporalLayers - 1 ? 3 : 2
        if frame.isKeyframe, position == 0 {
            payload += [48 << 1, 1]
            for set in Self.parameterSets { payload += [0, UInt8(set.count)] + set }
            // The picture parameter set reaches to the end.
            payload += [0, 0, 34 << 1, 1]
            return
        }
        let first = frame.isKeyframe ? 1 : 0
        if count - first == 1 {
            payload += [type << 1, layer, 0x80]
        } else {
            let isStart = position == first
            payload += [
                49 << 1, layer, (isStart ? 0x80 : 0) | (position == count - 1 ? 0x40 : 0) | type, 0x80,
            ]
        }
    }
}
