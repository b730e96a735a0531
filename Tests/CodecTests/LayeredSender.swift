import CCodecs
import MediaCore

/// Encodes a clip in layers, and remembers what each layer looks like when nothing is left out.
final class LayeredSender {
    /// A picture that a watcher may see.
    struct Shown {
        /// The encoding or spatial layer, the smallest first.
        var size: Int
        var number: Int
        var temporalLayer: Int
        var isKeyPicture: Bool
        /// The pictures that its own layer of it refers to.
        var references: [Int]
    }

    let mode: CodecMode
    /// Width and height of what a watcher may see, the smallest first.
    let sizes: [(width: Int, height: Int)]
    /// Everything that may be seen, by its digest.
    private(set) var shown: [[UInt8]: Shown] = [:]
    /// The temporal layer of each picture, by size and number.
    private(set) var temporalLayers: [[Int]]
    private(set) var frames = 0

    private var planners: [LayerPlanner]
    private var packetizers: [Packetizer]
    private let clip: Clip
    private let encoders: [Encoder]
    private let decoders: [Decoder]

    init(_ mode: CodecMode, clip: Clip) throws {
        self.mode = mode
        self.clip = clip
        let sizes = Array(Clip.sizes.prefix(mode.sizes).reversed())
        self.sizes = sizes
        temporalLayers = sizes.map { _ in [] }
        let planner = LayerPlanner(
            spatialLayers: mode.spatialLayers, temporalLayers: mode.temporalLayers, prediction: mode.prediction)
        planners = Array(repeating: planner, count: mode.encodings)
        let bitrates = sizes.map { 200 + $0.width * $0.height / 180 }
        packetizers = (0..<mode.encodings).map {
            Packetizer(mode, planner: planner, sizes: mode.encodings > 1 ? [sizes[$0]] : sizes)
        }
        encoders = try (0..<mode.encodings).map {
            let size = mode.encodings > 1 ? sizes[$0] : sizes[sizes.count - 1]
            let bitrate = mode.encodings > 1 ? bitrates[$0] : bitrates.reduce(0, +)
            return try Encoder(mode, width: size.width, height: size.height, bitrate: bitrate)
        }
        decoders = try sizes.map { _ in try Decoder(mode.codec) }
    }

    /// Encodes the next picture; gives the packets of each encoding.
    func next(keyframes: Set<Int>) throws -> [[PacketPayload]] {
        let number = temporalLayers[0].count
        let pictures = clip.pictures(number)
        return try (0..<mode.encodings).map { encoding in
            let plans = planners[encoding].next(keyframe: keyframes.contains(encoding))
            let size = mode.encodings > 1 ? encoding : sizes.count - 1
            let layers = try encoders[encoding].encode(pictures[sizes.count - 1 - size], number: number, plans: plans)
            frames += layers.count
            for layer in layers { try remember(layers, upTo: layer.plan, encoding: encoding, number: number) }
            return packetizers[encoding].packets(of: layers)
        }
    }

    private func remember(_ layers: [LayerFrame], upTo plan: PlannedFrame, encoding: Int, number: Int) throws {
        let size = mode.encodings > 1 ? encoding : plan.spatialLayer
        let bytes = layers.filter { $0.plan.spatialLayer <= plan.spatialLayer }.flatMap(\.bytes)
        guard let picture = try decoders[size].decode(bytes) else {
            throw CodecCall.Failure(description: "the encoder's own stream shows nothing at \(number)")
        }
        guard (picture.width, picture.height) == sizes[size] else {
            throw CodecCall.Failure(description: "encoded as \(picture.width)x\(picture.height)")
        }
        shown[picture.digest] = Shown(
            size: size, number: number, temporalLayer: plan.temporalLayer, isKeyPicture: plan.isKeyPicture,
            references: plan.referencePictures)
        temporalLayers[size].append(plan.temporalLayer)
    }
}
