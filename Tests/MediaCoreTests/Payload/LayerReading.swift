@testable import MediaCore

/// Reads packets one after the other, as a stream's.
final class LayerReading {
    var reader: LayerReader

    init(_ codec: MediaCodec) {
        reader = LayerReader(codec: codec)
    }

    init(_ other: LayerReading) {
        reader = other.reader
    }

    func read(_ payload: [UInt8], _ descriptor: [UInt8]? = nil, marker: Bool = false) -> FrameLayers? {
        guard let descriptor else { return reader.read(payload.span.bytes, descriptor: nil, marker: marker) }
        return reader.read(payload.span.bytes, descriptor: descriptor.span.bytes, marker: marker)
    }

    var sizes: [FrameSize] { (0..<4).map { reader.sizes[$0] } }
}

extension DependencyDescriptorWriter {
    static func write(
        _ source: [UInt8], _ layers: FrameLayers, frameNumber: UInt16, activeTargets: UInt32? = nil
    ) -> [UInt8] {
        var room = [UInt8](repeating: 0xAA, count: source.count + maximumGrowth + 1)
        let count = source.withUnsafeBytes { source in
            room.withUnsafeMutableBytes {
                write(source, layers, frameNumber: frameNumber, activeTargets: activeTargets, to: $0.baseAddress!)
            }
        }
        // What lies behind the room belongs to others.
        precondition(room.last == 0xAA)
        return Array(room[..<count])
    }
}
