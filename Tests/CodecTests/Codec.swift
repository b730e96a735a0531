import CCodecs
import MediaCore

extension MediaCodec {
    var kind: codecs_kind {
        switch self {
        case .vp8: CODECS_VP8
        case .vp9: CODECS_VP9
        case .h264: CODECS_H264
        default: CODECS_AV1
        }
    }
}

/// A real encoder.
final class Encoder {
    struct Failure: Error {
        var status: Int32
    }

    private let encoder: OpaquePointer
    private let spatialLayers: Int

    init(_ mode: CodecMode, width: Int, height: Int, bitrate: Int) throws {
        var options = codecs_encoder_options()
        options.kind = mode.codec.kind
        options.width = Int32(width)
        options.height = Int32(height)
        options.frame_rate = Int32(Clip.frameRate)
        options.bitrate = Int32(bitrate)
        options.spatial_layers = Int32(mode.spatialLayers)
        options.temporal_layers = Int32(mode.temporalLayers)
        guard let encoder = codecs_encoder_open(&options) else { throw Failure(status: 0) }
        self.encoder = encoder
        spatialLayers = mode.spatialLayers
    }

    deinit {
        codecs_encoder_close(encoder)
    }

    /// Encodes a picture, one frame for each of the plans.
    func encode(_ picture: [UInt8], number: Int, plans: [PlannedFrame]) throws -> [LayerFrame] {
        var layers = plans.map { plan in
            var layer = codecs_frame_plan()
            layer.temporal_layer = Int32(plan.temporalLayer)
            layer.reference_count = Int32(plan.referenceSlots.count)
            let slots = plan.referenceSlots.map { Int32($0) } + [0, 0, 0]
            layer.references = (slots[0], slots[1], slots[2])
            layer.lower_layer_reference = Int32(plan.lowerSlot ?? -1)
            layer.refreshed_slots = plan.refreshedSlots
            return layer
        }
        let isKeyframe: Int32 = plans.first?.isKeyPicture == true ? 1 : 0
        var frames = Array(repeating: codecs_frame(), count: plans.count)
        let count = codecs_encoder_encode(
            encoder, picture, Int64(number), &layers, isKeyframe, &frames, Int32(frames.count))
        guard count == plans.count else { throw Failure(status: count) }
        return zip(plans, frames).map { plan, frame in
            LayerFrame(plan: plan, bytes: Array(UnsafeBufferPointer(start: frame.bytes, count: frame.count)))
        }
    }
}

/// A real decoder.
final class Decoder {
    /// A decoded picture, planes one after the other.
    struct Picture {
        var width: Int
        var height: Int
        var bytes: [UInt8]

        /// Tells pictures apart.
        var digest: [UInt8] {
            var digest = [UInt8](repeating: 0, count: 16)
            codecs_md5(bytes, bytes.count, &digest)
            return digest
        }
    }

    private let decoder: OpaquePointer

    init(_ codec: MediaCodec) throws {
        guard let decoder = codecs_decoder_open(codec.kind) else { throw Encoder.Failure(status: 0) }
        self.decoder = decoder
    }

    deinit {
        codecs_decoder_close(decoder)
    }

    /// Decodes all layers of a picture; nil when it gives none. Throws when it complains.
    func decode(_ bytes: [UInt8]) throws -> Picture? {
        var picture = codecs_picture()
        let status = codecs_decoder_decode(decoder, bytes, bytes.count, &picture)
        guard status >= 0 else { throw Encoder.Failure(status: status) }
        guard status > 0 else { return nil }
        let (width, height) = (Int(picture.width), Int(picture.height))
        let count = width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2)
        return Picture(
            width: width, height: height, bytes: Array(UnsafeBufferPointer(start: picture.bytes, count: count)))
    }
}
