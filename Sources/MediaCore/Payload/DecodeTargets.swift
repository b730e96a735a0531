/// The combinations of spatial and temporal layer that a watcher of a stream can choose among, as bits of a mask.
///
/// Payload descriptors know nothing of them: for their streams, target `4 * spatial + temporal` stands for all that is
/// needed to show that spatial layer at that temporal layer. Dependency descriptors number their targets themselves.
package struct DecodeTargets: Sendable {
    /// The spatial and the temporal layers that payload descriptors may name.
    static let payloadLayers = 4

    /// Tells one layout from the next; counts up, and wraps when no packet of that long ago is stored any more.
    package private(set) var version: UInt16 = 0
    package private(set) var count = Self.payloadLayers * Self.payloadLayers
    /// Spatial layer in the high four bits, temporal layer in the low four, by decode target.
    private var layers = InlineArray<32, UInt8>(repeating: 0)
    private var contained = InlineArray<32, UInt32>(repeating: 0)

    /// The layout of streams that payload descriptors describe.
    init(version: UInt16 = 0) {
        self.version = version
        for target in 0..<count { layers[target] = UInt8((target / 4) << 4 | target % 4) }
    }

    /// What a dependency descriptor's templates say: `layers` has the spatial and the temporal layer of each target, at
    /// most 32 of them; `templates` the targets that the frames of each template are part of.
    init(version: UInt16, layers described: [(spatial: UInt8, temporal: UInt8)], templates: [UInt32]) {
        self.version = version
        for target in 0..<min(described.count, 32) {
            // Left over are those no frame of which is left out.
            contained[target] = templates.reduce(.max) { $1 & (1 << UInt32(target)) == 0 ? $0 & ~$1 : $0 }
        }
        count = min(described.count, 32)
        for target in 0..<count {
            layers[target] = described[target].spatial << 4 | described[target].temporal & 15
        }
    }

    /// Whether another layout has the same targets, whatever its version.
    func isSame(as other: DecodeTargets) -> Bool {
        count == other.count
            && (0..<count).allSatisfy { layers[$0] == other.layers[$0] && contained[$0] == other.contained[$0] }
    }

    /// The spatial layer of a target below `count`.
    package func spatialLayer(_ target: Int) -> Int { Int(layers[target & 31] >> 4) }

    /// The temporal layer of a target below `count`.
    package func temporalLayer(_ target: Int) -> Int { Int(layers[target & 31] & 15) }

    /// The described targets all of whose frames are frames of one of them.
    func contained(in target: Int) -> UInt32 { contained[target & 31] & (.max >> UInt32(32 - max(count, 1))) }

    /// The target of exactly these layers; nil when there is none.
    func target(spatial: Int, temporal: Int) -> Int? {
        (0..<count).first { spatialLayer($0) == spatial && temporalLayer($0) == temporal }
    }
}
