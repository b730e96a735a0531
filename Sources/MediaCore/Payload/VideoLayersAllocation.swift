/// The bitrates, sizes and frame rates that a sender has given to its layers.
///
/// Source: http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00
package struct VideoLayersAllocation: Hashable, Sendable {
    /// One spatial layer of one stream that is sent.
    package struct Layer: Hashable, Sendable {
        /// The stream, from 0, in the order of its section's encodings.
        package var stream: UInt8
        /// The spatial layer, from 0.
        package var spatialLayer: UInt8
        /// Bits per second by temporal layer, each with all that it builds on; 1 to 4 of them.
        package var bitrates: [Int] = []
        /// The size in pixels; zeros when it is not told.
        var size = FrameSize()
        /// Frames per second at most; 0 when it is not told.
        var frameRate: UInt8 = 0
    }

    /// The stream that carries this.
    package var streamIndex: UInt8 = 0
    /// By stream, then by spatial layer, at most 16; empty when nothing is sent.
    package var layers: [Layer] = []

    /// Nil when it is malformed.
    package init?(_ bytes: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(bytes)
            let first = try reader.readUInt8()
            // Nothing is sent.
            if first == 0 && reader.remaining == 0 { return }
            streamIndex = first >> 6
            let streamCount = (first >> 4 & 0x03) + 1
            guard streamIndex < streamCount else { return nil }
            try readMasks(&reader, shared: first & 0x0F, streamCount)
            guard !layers.isEmpty else { return nil }
            try readBitrates(&reader)
            guard reader.remaining > 0 else { return }
            for index in layers.indices {
                let (width, height) = (Int(try reader.readUInt16()) + 1, Int(try reader.readUInt16()) + 1)
                layers[index].size = FrameSize(width: width, height: height) ?? FrameSize()
                layers[index].frameRate = try reader.readUInt8()
            }
            guard reader.remaining == 0 else { return nil }
        } catch {
            return nil
        }
    }

    /// Which spatial layers are sent: the same of all streams, or four bits for each.
    private mutating func readMasks(
        _ reader: inout WireReader, shared: UInt8, _ streamCount: UInt8
    ) throws(WireError) {
        var masks = InlineArray<4, UInt8>(repeating: shared)
        if shared == 0 {
            for pair in 0..<(Int(streamCount) + 1) / 2 {
                let byte = try reader.readUInt8()
                masks[2 * pair] = byte >> 4
                masks[2 * pair + 1] = byte & 0x0F
            }
        }
        for stream in 0..<streamCount {
            for spatial in 0..<UInt8(4) where masks[Int(stream)] >> spatial & 1 != 0 {
                layers.append(Layer(stream: stream, spatialLayer: spatial))
            }
        }
    }

    /// Two bits a layer for the number of its temporal layers, up to a whole byte; then the bitrates.
    private mutating func readBitrates(_ reader: inout WireReader) throws(WireError) {
        var counts: UInt32 = 0
        for index in 0..<(layers.count + 3) / 4 {
            counts |= UInt32(try reader.readUInt8()) << UInt32(24 - 8 * index)
        }
        for index in layers.indices {
            for _ in 0...(counts >> UInt32(30 - 2 * index) & 3) {
                layers[index].bitrates.append(try Self.readLEB128(&reader) * 1_000)
            }
        }
    }

    /// A number in groups of seven bits, lowest first; at most 35 bits.
    private static func readLEB128(_ reader: inout WireReader) throws(WireError) -> Int {
        var value = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = try reader.readUInt8()
            value |= Int(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .truncated
    }
}
