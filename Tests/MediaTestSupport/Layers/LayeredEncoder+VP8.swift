/// VP8's payload descriptor as libvpx and browsers fill it. Source: RFC 7741, section 4.
extension LayeredEncoder {
    mutating func appendVP8(_ frame: LayeredFrame, _ position: Int, to payload: inout [UInt8]) -> Range<Int> {
        let isReferred = pattern.isReferred(
            LayerPattern.Place(picture: frame.pattern, spatial: 0), spatial: 0, temporal: mode.temporalLayers - 1)
        // X, N, S.
        payload.append((mode.isDescribed ? 0x80 : 0) | (isReferred ? 0 : 0x20) | (position == 0 ? 0x10 : 0))
        var rewritable = 0..<0
        if mode.isDescribed {
            let hasLayers = mode.temporalLayers > 1
            // I, L, T.
            payload.append(0x80 | (hasLayers ? 0x60 : 0))
            let identifier = pictureID(frame.picture)
            if hasLongPictureIDs {
                payload += [0x80 | UInt8(identifier >> 8 & 0x7F), UInt8(identifier & 255)]
            } else {
                payload.append(UInt8(identifier & 0x7F))
            }
            if hasLayers { payload.append(levelZeroIndex) }
            rewritable = 2..<payload.count
            if hasLayers {
                payload.append(UInt8(frame.temporal) << 6 | (pattern.isSync(frame.pattern) ? 0x20 : 0))
            }
        }
        guard position == 0 else { return rewritable }
        // The frame tag; in keyframes the start code and the size. Source: RFC 6386, section 9.1.
        payload += [frame.isKeyframe ? 0x10 : 0x11, 0x02, 0x00]
        if frame.isKeyframe {
            payload += [0x9D, 0x01, 0x2A]
            for side in [size.width, size.height] { payload += [UInt8(side & 255), UInt8(side >> 8)] }
        }
        return rewritable
    }
}
