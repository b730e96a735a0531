/// Writes a header extension into a packet, element by element, without allocating.
///
/// It starts in the one-byte form and goes over to the two-byte form at the first element that needs it (an
/// identifier above 14, or data of 0 or more than 16 bytes). Source: RFC 8285, section 4.
struct RTPHeaderExtensionWriter {
    private let start: Int
    private var end: Int
    private var isTwoByte = false

    /// Prepares to write at `offset`, right after the last contributing source.
    init(at offset: Int) {
        start = offset
        end = offset &+ 4
    }

    /// Appends an element.
    ///
    /// - Returns: Whether it was taken; false, with nothing changed, when there is no room, the identifier is 0 or
    ///   the value longer than 255 bytes.
    mutating func append(identifier: UInt8, _ value: RawSpan, to destination: inout MutableRawSpan) -> Bool {
        guard
            let offset = reserve(identifier: identifier, count: value.byteCount, in: &destination)
        else { return false }
        destination.withUnsafeMutableBytes { target in
            value.withUnsafeBytes { target[offset...].copyBytes(from: $0) }
        }
        return true
    }

    /// Appends an element of one byte.
    mutating func append(identifier: UInt8, byte value: UInt8, to destination: inout MutableRawSpan) -> Bool {
        guard let offset = reserve(identifier: identifier, count: 1, in: &destination) else { return false }
        destination.set(value, at: offset)
        return true
    }

    /// Appends an element of 16 bits.
    mutating func append(
        identifier: UInt8, bigEndian value: UInt16, to destination: inout MutableRawSpan
    ) -> Bool {
        guard let offset = reserve(identifier: identifier, count: 2, in: &destination) else { return false }
        destination.set(bigEndian: value, at: offset)
        return true
    }

    /// Appends an element of the low 24 bits of a number.
    mutating func append(
        identifier: UInt8, bigEndian24 value: UInt32, to destination: inout MutableRawSpan
    ) -> Bool {
        guard let offset = reserve(identifier: identifier, count: 3, in: &destination) else { return false }
        destination.set(UInt8(truncatingIfNeeded: value >> 16), at: offset)
        destination.set(bigEndian: UInt16(truncatingIfNeeded: value), at: offset &+ 1)
        return true
    }

    /// Appends an element whose data are `text` in UTF-8: a MID or a RID.
    mutating func append(identifier: UInt8, text: String, to destination: inout MutableRawSpan) -> Bool {
        let characters = text.utf8
        guard let offset = reserve(identifier: identifier, count: characters.count, in: &destination) else {
            return false
        }
        var position = offset
        for character in characters {
            destination.set(character, at: position)
            position &+= 1
        }
        return true
    }

    /// Pads the block to whole words and writes its profile and length.
    ///
    /// - Returns: How many bytes the block takes: 0 when it has no element (the header's extension bit then stays
    ///   clear), nil when its padding does not fit.
    mutating func finish(_ destination: inout MutableRawSpan) -> Int? {
        guard end > start &+ 4 else { return 0 }
        let padded = start &+ ((end &- start &+ 3) & ~3)
        guard padded <= destination.byteCount, padded &- start &- 4 <= Int(UInt16.max) &* 4 else { return nil }
        while end < padded {
            destination.set(0 as UInt8, at: end)
            end &+= 1
        }
        let profile = isTwoByte ? RTPHeaderExtensionReader.twoByteProfile : RTPHeaderExtensionReader.oneByteProfile
        destination.set(bigEndian: profile, at: start)
        destination.set(bigEndian: UInt16((padded &- start &- 4) / 4), at: start &+ 2)
        return padded &- start
    }

    /// Writes an element's own header and makes room for its data; the offset of the data.
    private mutating func reserve(
        identifier: UInt8, count: Int, in destination: inout MutableRawSpan
    ) -> Int? {
        guard identifier != 0, count <= 255, start >= 0 else { return nil }
        if isTwoByte || identifier > 14 || !(1...16).contains(count) {
            if !isTwoByte {
                guard widen(&destination, room: 2 &+ count) else { return nil }
            }
            guard end <= destination.byteCount &- 2 &- count else { return nil }
            destination.set(identifier, at: end)
            destination.set(UInt8(count), at: end &+ 1)
            end &+= 2 &+ count
        } else {
            guard end <= destination.byteCount &- 1 &- count else { return nil }
            destination.set(identifier << 4 | UInt8(count &- 1), at: end)
            end &+= 1 &+ count
        }
        return end &- count
    }

    /// Gives each element already written the header of the two-byte form, if `room` bytes are left after that.
    private mutating func widen(_ destination: inout MutableRawSpan, room: Int) -> Bool {
        var elements = 0
        var position = start &+ 4
        while position < end {
            position &+= Int(destination.bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) & 0x0F) &+ 2
            elements &+= 1
        }
        guard end &+ elements &+ room <= destination.byteCount else { return false }
        position = start &+ 4
        destination.withUnsafeMutableBytes { memory in
            while position < end {
                let (identifier, count) = (memory[position] >> 4, Int(memory[position] & 0x0F) &+ 1)
                // One byte more for this header: everything behind it moves.
                var index = end
                while index > position &+ 1 {
                    memory[index] = memory[index &- 1]
                    index &-= 1
                }
                memory[position] = identifier
                memory[position &+ 1] = UInt8(count)
                position &+= 2 &+ count
                end &+= 1
            }
        }
        isTwoByte = true
        return true
    }
}
