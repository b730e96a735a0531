import Testing

/// A way to publish 1280 x 720 in layers, and what a watcher can choose among.
struct LayerSubject: Sendable, CustomTestStringConvertible {
    /// One choice: an encoding or a spatial layer, with a temporal layer.
    struct Choice: Hashable, Sendable {
        /// 0 for a quarter of the width, 1 for half of it, 2 for all.
        var spatial: Int
        var temporal: Int
    }

    var codec: String
    /// With simulcast each size is an encoding of its own; without, a spatial layer.
    var isSimulcast: Bool
    /// Frames per second of the camera. Two processors encode and decode for both sides of the call: AV1's three sizes
    /// take 30 to 35 ms a frame there, so that at 30 frames a second the encoder would be what is measured.
    var frameRate: Int
    var temporalLayers = 3

    static let all = [
        LayerSubject(codec: "VP8", isSimulcast: true, frameRate: 30),
        LayerSubject(codec: "H264", isSimulcast: true, frameRate: 30),
        LayerSubject(codec: "VP9", isSimulcast: false, frameRate: 30),
        LayerSubject(codec: "AV1", isSimulcast: false, frameRate: 15),
    ]

    var testDescription: String { codec }

    private static let rids = ["q", "h", "f"]

    static func size(_ spatial: Int) -> (width: Int, height: Int) { (1280 >> (2 - spatial), 720 >> (2 - spatial)) }

    /// The `sendEncodings` of the publisher, as JavaScript.
    var encodings: String {
        guard isSimulcast else { return "[{ scalabilityMode: 'L3T3_KEY', maxBitrate: 4000000 }]" }
        let bitrates = [300_000, 1_000_000, 3_000_000]
        let list = Self.rids.enumerated().map { index, rid in
            "{ rid: '\(rid)', scaleResolutionDownBy: \(4 >> index), maxBitrate: \(bitrates[index]), "
                + "scalabilityMode: 'L1T\(temporalLayers)' }"
        }
        return "[\(list.joined(separator: ", "))]"
    }

    /// The same without simulcast, for a call without a server: a receiver takes one stream only.
    var baselineEncodings: String {
        isSimulcast ? "[{ scalabilityMode: 'L1T\(temporalLayers)', maxBitrate: 3000000 }]" : encodings
    }

    /// The body that asks for a choice.
    func request(_ choice: Choice) -> String {
        isSimulcast
            ? "{ encodingId: '\(Self.rids[choice.spatial])', temporalLayerId: \(choice.temporal) }"
            : "{ spatialLayerId: \(choice.spatial), temporalLayerId: \(choice.temporal) }"
    }

    /// What stands in the resource for a choice.
    func position(_ choice: Choice) -> LayerState.Position {
        LayerState.Position(
            encodingId: isSimulcast ? Self.rids[choice.spatial] : nil,
            spatialLayerId: isSimulcast ? 0 : choice.spatial, temporalLayerId: choice.temporal)
    }

    /// Every combination, up and down through the sizes and the frame rates, from the best one back to it. A frame rate
    /// falls one layer at a time: a picture that comes four times as late as the ones before counts as a freeze.
    var choices: [Choice] {
        var result: [Choice] = []
        for (row, temporal) in (0..<temporalLayers).reversed().enumerated() {
            let sizes = row % 2 == 0 ? [2, 1, 0] : [0, 1, 2]
            result += sizes.map { Choice(spatial: $0, temporal: temporal) }
        }
        result += (1..<temporalLayers).map { Choice(spatial: 0, temporal: $0) }
        return result + [Choice(spatial: 2, temporal: temporalLayers - 1)]
    }
}
