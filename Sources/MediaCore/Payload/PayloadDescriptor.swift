/// What a forwarder needs to know of a payload, whatever its codec.
package enum PayloadDescriptor {
    /// Whether a decrypted payload without padding begins a keyframe. False for audio and for anything malformed.
    package static func isKeyframeStart(_ codec: MediaCodec, _ payload: RawSpan) -> Bool {
        switch codec {
        case .opus: false
        case .vp8: VP8PayloadDescriptor(payload)?.isKeyframeStart ?? false
        case .vp9: VP9PayloadDescriptor(payload)?.isKeyframeStart ?? false
        case .h264: H264PayloadDescriptor(payload)?.isKeyframeStart ?? false
        case .h265: H265PayloadDescriptor(payload)?.isKeyframeStart ?? false
        case .av1: AV1PayloadDescriptor(payload)?.isKeyframeStart ?? false
        }
    }
}
