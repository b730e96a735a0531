import MediaCore

/// Cuts the encoded pictures of one stream into RTP payloads.
struct Packetizer {
    static let maximumByteCount = 1000

    let mode: CodecMode
    let sizes: [(width: Int, height: Int)]
    /// Near their ends, so that they wrap.
    private var pictureNumber: UInt16 = 0x7FF0
    private var levelZeroIndex: UInt8 = 250
    private var structure: DependencyStructure?

    /// `sizes` are those of the stream's spatial layers, the lowest first.
    init(_ mode: CodecMode, planner: LayerPlanner, sizes: [(width: Int, height: Int)]) {
        self.mode = mode
        self.sizes = sizes
        if mode.description == .dependency { structure = DependencyStructure(planner, sizes: sizes) }
    }

    /// The packets of one picture, all its spatial layers.
    mutating func packets(of layers: [LayerFrame]) -> [PacketPayload] {
        guard let base = layers.first else { return [] }
        pictureNumber = (pictureNumber &+ 1) & 0x7FFF
        if base.plan.temporalLayer == 0 { levelZeroIndex &+= 1 }
        var packets: [PacketPayload] = []
        for layer in layers {
            var payloads =
                switch mode.codec {
                case .vp8: vp8(layer)
                case .vp9: vp9(layer, isHighest: layer.plan.spatialLayer == layers.count - 1)
                case .h264: Self.h264(layer.bytes)
                default: Self.av1(layer.bytes, beginsSequence: layer.plan.isKeyPicture && layer.plan.spatialLayer == 0)
                }
            if let descriptors = structure?.descriptors(of: layer.plan, packets: payloads.count) {
                for index in payloads.indices { payloads[index].descriptor = descriptors[index] }
            }
            for index in payloads.indices { payloads[index].plan = layer.plan }
            packets += payloads
        }
        if !packets.isEmpty { packets[packets.count - 1].marker = true }
        return packets
    }

    /// Pieces of about equal size.
    private static func pieces(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let count = max(1, (bytes.count + maximumByteCount - 1) / maximumByteCount)
        return (0..<count).map { bytes[(bytes.count * $0 / count)..<(bytes.count * ($0 + 1) / count)] }
    }

    /// Source: RFC 7741, section 4.2.
    private func vp8(_ layer: LayerFrame) -> [PacketPayload] {
        let plan = layer.plan
        let isUnused = plan.refreshedSlots == 0
        let hasLayers = mode.temporalLayers > 1
        return Self.pieces(layer.bytes).enumerated().map { index, piece in
            var bytes: [UInt8] = [0x80 | (isUnused ? 0x20 : 0) | (index == 0 ? 0x10 : 0)]
            bytes.append(hasLayers ? 0xE0 : 0x80)
            bytes += [0x80 | UInt8(pictureNumber >> 8), UInt8(pictureNumber & 0xFF)]
            if hasLayers {
                bytes.append(levelZeroIndex)
                bytes.append(UInt8(plan.temporalLayer << 6) | (plan.isSynchronized ? 0x20 : 0))
            }
            return PacketPayload(bytes: bytes + piece)
        }
    }

    /// Source: RFC 9628, section 4.2.
    private func vp9(_ layer: LayerFrame, isHighest: Bool) -> [PacketPayload] {
        let plan = layer.plan
        let isFlexible = mode.description != .payload
        let hasLayers = mode.spatialLayers > 1 || mode.temporalLayers > 1
        let differences = Set(plan.referencePictures.map { plan.picture - $0 }).sorted()
        let helpsUpper = !isHighest && (plan.isKeyPicture || mode.prediction == .full)
        let parts = Self.pieces(layer.bytes)
        return parts.enumerated().map { index, piece in
            let hasStructure = plan.isKeyPicture && plan.spatialLayer == 0 && index == 0 && hasLayers
            var first: UInt8 = 0x80
            if !differences.isEmpty { first |= 0x40 }
            if hasLayers { first |= 0x20 }
            if isFlexible { first |= 0x10 }
            if index == 0 { first |= 0x08 }
            if index == parts.count - 1 { first |= 0x04 }
            if hasStructure { first |= 0x02 }
            if !helpsUpper { first |= 0x01 }
            var bytes = [first, 0x80 | UInt8(pictureNumber >> 8), UInt8(pictureNumber & 0xFF)]
            if hasLayers {
                let dependsOnLower: UInt8 = plan.lower != nil ? 1 : 0
                bytes.append(
                    UInt8(plan.temporalLayer << 5) | (plan.isSwitchingPoint ? 0x10 : 0)
                        | UInt8(plan.spatialLayer << 1) | dependsOnLower)
                if !isFlexible { bytes.append(levelZeroIndex) }
            }
            if isFlexible {
                for (place, difference) in differences.enumerated() {
                    bytes.append(UInt8(difference << 1) | (place < differences.count - 1 ? 1 : 0))
                }
            }
            if hasStructure { bytes += vp9Structure(hasPattern: !isFlexible) }
            return PacketPayload(bytes: bytes + piece)
        }
    }

    /// Source: RFC 9628, section 4.2.1.
    private func vp9Structure(hasPattern: Bool) -> [UInt8] {
        var bytes = [UInt8((sizes.count - 1) << 5) | 0x10 | (hasPattern ? 0x08 : 0)]
        for size in sizes {
            bytes.append(bigEndian: UInt16(size.width))
            bytes.append(bigEndian: UInt16(size.height))
        }
        guard hasPattern else { return bytes }
        var planner = LayerPlanner(spatialLayers: 1, temporalLayers: mode.temporalLayers, prediction: mode.prediction)
        for picture in 0..<LayerPlanner.period { _ = planner.next(keyframe: picture == 0) }
        bytes.append(UInt8(LayerPlanner.period))
        for _ in 0..<LayerPlanner.period {
            guard let plan = planner.next(keyframe: false).first else { continue }
            let differences = Set(plan.referencePictures.map { plan.picture - $0 }).sorted()
            bytes.append(
                UInt8(plan.temporalLayer << 5) | (plan.isSwitchingPoint ? 0x10 : 0) | UInt8(differences.count << 2))
            bytes += differences.map { UInt8($0) }
        }
        return bytes
    }
}
