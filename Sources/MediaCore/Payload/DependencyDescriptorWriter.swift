/// Writes the dependency descriptor of a packet that is passed on: the publisher's, with another frame number and, where
/// layers are left out, with the decode targets that are still sent.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.
package enum DependencyDescriptorWriter {
    /// By how many bytes a descriptor may grow: five flags and the bits of 32 decode targets.
    package static let maximumGrowth = 5
    /// What a header extension can hold.
    private static let maximumByteCount = 255
    /// The flag that says that the bitmask of active decode targets is there, in the byte behind the mandatory fields.
    private static let maskFlag: UInt8 = 0x40

    /// Writes a descriptor; returns how many bytes it has.
    ///
    /// - Parameters:
    ///   - source: the descriptor as it arrived, at least 3 bytes.
    ///   - layers: what it was read as.
    ///   - frameNumber: the frame number to write.
    ///   - activeTargets: the decode targets to name as active; nil to leave them as they are.
    ///   - destination: room for `source.count + maximumGrowth` bytes.
    package static func write(
        _ source: UnsafeRawBufferPointer, _ layers: FrameLayers, frameNumber: UInt16, activeTargets: UInt32?,
        to destination: UnsafeMutableRawPointer
    ) -> Int {
        guard source.count >= DependencyDescriptor.mandatoryByteCount, let start = source.baseAddress else { return 0 }
        let room = UnsafeMutableRawBufferPointer(start: destination, count: source.count + maximumGrowth)
        destination.copyMemory(from: start, byteCount: source.count)
        room[1] = UInt8(frameNumber >> 8)
        room[2] = UInt8(truncatingIfNeeded: frameNumber)
        let bits = Int(layers.targetCount)
        guard let activeTargets, bits > 0, !layers.flags.contains(.unresolved) else { return source.count }
        if layers.flags.contains(.ownActiveMask) {
            guard Int(layers.activeMaskBit) + bits <= source.count * 8 else { return source.count }
            put(activeTargets, bits, at: Int(layers.activeMaskBit), in: room)
            return source.count
        }
        guard source.count > DependencyDescriptor.mandatoryByteCount else {
            let count = (DependencyStructure.firstBit + bits + 7) / 8
            for index in source.count..<count { room[index] = 0 }
            room[3] = maskFlag
            put(activeTargets, bits, at: DependencyStructure.firstBit, in: room)
            return count
        }
        let bit = Int(layers.activeMaskBit)
        let count = source.count + (bits + 7) / 8
        guard count <= maximumByteCount, bit >= DependencyStructure.firstBit, bit <= source.count * 8 else {
            return source.count
        }
        room[3] |= maskFlag
        put(activeTargets, bits, at: bit, in: room)
        copy(source, from: bit, to: bit + bits, in: room)
        return (source.count * 8 + bits + 7) / 8
    }

    /// Puts the low `count` bits of a number at a bit.
    private static func put(_ value: UInt32, _ count: Int, at bit: Int, in room: UnsafeMutableRawBufferPointer) {
        for index in 0..<count {
            set(bit + index, value >> UInt32(count - 1 - index) & 1 != 0, in: room)
        }
    }

    /// Copies what stands from one bit on to another, up to the end, and clears the rest of the last byte.
    private static func copy(
        _ source: UnsafeRawBufferPointer, from bit: Int, to target: Int, in room: UnsafeMutableRawBufferPointer
    ) {
        var target = target
        for index in bit..<source.count * 8 {
            set(target, source[index >> 3] >> UInt8(7 - (index & 7)) & 1 != 0, in: room)
            target += 1
        }
        while target & 7 != 0 {
            set(target, false, in: room)
            target += 1
        }
    }

    private static func set(_ bit: Int, _ isSet: Bool, in room: UnsafeMutableRawBufferPointer) {
        let mask: UInt8 = 0x80 >> UInt8(bit & 7)
        if isSet { room[bit >> 3] |= mask } else { room[bit >> 3] &= ~mask }
    }
}
