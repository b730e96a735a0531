import MediaCore

/// One way to encode a video in layers, and to say so.
struct CodecMode: Sendable {
    /// How the layers of a picture build on each other.
    enum Prediction: Sendable {
        /// Every spatial layer builds on the one below it, in every picture.
        case full
        /// Only in keyframes.
        case keyframesOnly
    }

    /// Where a forwarder finds the layers.
    enum Description: Sendable {
        /// In the payload descriptors; VP9's in the mode of a fixed pattern.
        case payload
        /// In VP9's payload descriptors, with each frame's own references.
        case flexible
        /// In dependency descriptors; VP9's payload descriptors are as in `flexible`.
        case dependency
    }

    var name: String
    var codec: MediaCodec
    /// How many separate encodings there are.
    var encodings = 1
    var spatialLayers = 1
    var temporalLayers = 1
    var prediction = Prediction.full
    var description = Description.payload

    /// How many sizes there are to choose among.
    var sizes: Int { encodings * spatialLayers }

    /// All that are tried.
    static let all = [
        CodecMode(name: "simulcast L1T3", codec: .vp8, encodings: 3, temporalLayers: 3),
        CodecMode(name: "simulcast L1T3 DD", codec: .vp8, encodings: 3, temporalLayers: 3, description: .dependency),
        CodecMode(name: "simulcast L1T1", codec: .vp9, encodings: 3),
        CodecMode(name: "L3T3", codec: .vp9, spatialLayers: 3, temporalLayers: 3),
        CodecMode(
            name: "L3T3 flexible", codec: .vp9, spatialLayers: 3, temporalLayers: 3, description: .flexible),
        CodecMode(
            name: "L3T3_KEY", codec: .vp9, spatialLayers: 3, temporalLayers: 3, prediction: .keyframesOnly),
        CodecMode(
            name: "L3T3_KEY flexible", codec: .vp9, spatialLayers: 3, temporalLayers: 3, prediction: .keyframesOnly,
            description: .flexible),
        CodecMode(
            name: "L3T3_KEY DD", codec: .vp9, spatialLayers: 3, temporalLayers: 3, prediction: .keyframesOnly,
            description: .dependency),
        CodecMode(name: "simulcast", codec: .h264, encodings: 3),
        CodecMode(name: "simulcast DD", codec: .h264, encodings: 3, description: .dependency),
        CodecMode(name: "L1T3", codec: .av1, temporalLayers: 3, description: .dependency),
        CodecMode(name: "L3T3", codec: .av1, spatialLayers: 3, temporalLayers: 3, description: .dependency),
        CodecMode(
            name: "L3T3_KEY", codec: .av1, spatialLayers: 3, temporalLayers: 3, prediction: .keyframesOnly,
            description: .dependency),
        CodecMode(
            name: "simulcast L1T3", codec: .av1, encodings: 3, temporalLayers: 3, description: .dependency),
    ]
}
