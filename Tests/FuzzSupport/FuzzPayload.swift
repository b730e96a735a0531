import MediaCore

/// Bytes taken for the packets of one stream, with and without dependency descriptors, and for what stands beside them
/// in headers and payloads.
package func fuzzPayload(_ bytes: RawSpan) throws(FuzzFailure) {
    try checkAllocation(bytes)
    try checkRedundancy(bytes)
    var input = FuzzInput(bytes)
    let codecs = MediaCodec.allCases
    let codec = codecs[Int(input.byte()) % codecs.count]
    var reader = LayerReader(codec: codec)
    var twin = LayerReader(codec: codec)
    var count = 0
    while !input.isAtEnd, count < 256 {
        count += 1
        let flags = input.byte()
        let payload = input.block()
        let descriptor = flags & 2 != 0 ? input.block() : nil
        let layers = read(&reader, payload, descriptor, marker: flags & 1 != 0)
        try require(
            layers == read(&twin, payload, descriptor, marker: flags & 1 != 0), "two readers tell different things")
        guard let layers else { continue }
        try check(layers, of: payload, reader.targets)
        if let descriptor, layers.flags.contains(.described) {
            try checkWritten(descriptor, payload, layers, flags, reader)
        } else {
            try require(
                layers.flags.contains(.keyframeStart)
                    == PayloadDescriptor.isKeyframeStart(codec, payload.span.bytes), "a keyframe for some only")
        }
        // Once more, as after the templates have come: nothing else may come of it. Only AV1 without descriptors takes
        // a packet's layer from the one before.
        if flags & 4 != 0, codec != .av1 || descriptor != nil {
            let again = read(&reader, payload, descriptor, marker: flags & 1 != 0)
            _ = read(&twin, payload, descriptor, marker: flags & 1 != 0)
            try require(
                again?.frameNumber == layers.frameNumber && again?.presentIn == layers.presentIn,
                "a packet read again is another")
        }
    }
}

private func read(
    _ reader: inout LayerReader, _ payload: [UInt8], _ descriptor: [UInt8]?, marker: Bool
) -> FrameLayers? {
    guard let descriptor else { return reader.read(payload.span.bytes, descriptor: nil, marker: marker) }
    return reader.read(payload.span.bytes, descriptor: descriptor.span.bytes, marker: marker)
}

/// What a packet says must be possible.
private func check(_ layers: FrameLayers, of payload: [UInt8], _ targets: DecodeTargets) throws(FuzzFailure) {
    try require(layers.spatialLayer <= 3 && layers.temporalLayer <= 7, "layers out of range: \(layers)")
    try require((1...32).contains(targets.count), "\(targets.count) decode targets")
    try require(layers.targetsVersion == targets.version, "masks about another layout")
    if layers.flags.contains(.unresolved) {
        try require(layers.presentIn | layers.restarts | layers.switchTo == 0, "a mask from nowhere")
    } else if layers.flags.contains(.described) {
        let every = targets.count == 32 ? UInt32.max : (1 << UInt32(targets.count)) - 1
        try require(
            (layers.presentIn | layers.restarts | layers.switchTo) & ~every == 0, "a decode target that isn't there")
        try require(layers.switchTo & ~layers.presentIn == 0, "a switch to what it is not part of")
        try require(Int(layers.targetCount) == targets.count, "another number of decode targets")
    }
    try require(Int(layers.levelZeroOffset) < max(payload.count, 1), "TL0PICIDX out of bounds")
    if layers.levelZeroOffset > 0 {
        try require(payload[Int(layers.levelZeroOffset)] == layers.levelZeroIndex, "another TL0PICIDX")
    }
    let offset = Int(layers.pictureNumberOffset)
    guard offset > 0 else { return }
    let isLong = layers.flags.contains(.longPictureNumber)
    try require(offset + (isLong ? 2 : 1) < payload.count, "the picture id out of bounds")
    let number =
        isLong ? Int64(payload[offset] & 0x7F) << 8 | Int64(payload[offset + 1]) : Int64(payload[offset] & 0x7F)
    try require(layers.pictureNumber & (isLong ? 0x7FFF : 0x7F) == number, "another picture id")
}

/// A descriptor with another number and mask must say the same of the frame.
private func checkWritten(
    _ descriptor: [UInt8], _ payload: [UInt8], _ layers: FrameLayers, _ flags: UInt8, _ reader: LayerReader
) throws(FuzzFailure) {
    let every = layers.targetCount == 32 ? UInt32.max : (1 << UInt32(layers.targetCount)) - 1
    let mask = flags & 8 != 0 ? UInt32(flags >> 4) &* 0x1111_1111 & every : nil
    let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: descriptor.count + DependencyDescriptorWriter.maximumGrowth, alignment: 1)
    defer { room.deallocate() }
    guard let start = room.baseAddress else { return }
    let number = UInt16(truncatingIfNeeded: layers.frameNumber)
    let count = descriptor.withUnsafeBytes {
        DependencyDescriptorWriter.write($0, layers, frameNumber: number, activeTargets: mask, to: start)
    }
    try require((3...room.count).contains(count), "wrote \(count) bytes")
    let written = Array(room[..<count])
    if mask == nil { try require(written == descriptor, "another descriptor") }
    var copy = reader
    let again = read(&copy, payload, written, marker: false)
    try require(
        again?.presentIn == layers.presentIn && again?.restarts == layers.restarts
            && again?.switchTo == layers.switchTo && again?.frameNumber == layers.frameNumber,
        "written, it says something else")
    if let mask, layers.targetCount > 0, count < 250, !layers.flags.contains(.unresolved) {
        try require(again?.activeTargets == mask, "another mask than was written")
    }
}

private func checkAllocation(_ bytes: RawSpan) throws(FuzzFailure) {
    guard let allocation = VideoLayersAllocation(bytes) else { return }
    try require(allocation.streamIndex < 4 && allocation.layers.count <= 16, "too much is allocated")
    for layer in allocation.layers {
        try require(
            layer.stream < 4 && layer.spatialLayer < 4 && (1...4).contains(layer.bitrates.count)
                && layer.bitrates.allSatisfy { $0 >= 0 }, "a layer that can't be")
    }
}

private func checkRedundancy(_ bytes: RawSpan) throws(FuzzFailure) {
    guard let audio = RedundantAudio(bytes) else { return }
    var end = 1 + 4 * audio.redundantCount
    for index in 0..<audio.redundantCount {
        guard let block = audio.redundant(index) else { throw FuzzFailure(description: "a block is missing") }
        try require(block.offset == end && block.timestampOffset < 1 << 14, "a block out of its place")
        end += block.count
    }
    try require(
        audio.primary.offset == end && audio.primary.offset + audio.primary.count == bytes.byteCount,
        "the primary block out of its place")
}
