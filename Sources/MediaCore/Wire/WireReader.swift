/// Input that ends before the field it promises.
package enum WireError: Error {
    case truncated
}

extension RawSpan {
    /// The byte at `offset`.
    @inline(always)
    func uint8(at offset: Int) throws(WireError) -> UInt8 {
        guard offset >= 0, offset < byteCount else { throw .truncated }
        return unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The big-endian 16-bit number at `offset`.
    @inline(always)
    func uint16(at offset: Int) throws(WireError) -> UInt16 {
        guard offset >= 0, byteCount >= 2, offset <= byteCount - 2 else { throw .truncated }
        return UInt16(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// The big-endian 32-bit number at `offset`.
    @inline(always)
    func uint32(at offset: Int) throws(WireError) -> UInt32 {
        guard offset >= 0, byteCount >= 4, offset <= byteCount - 4 else { throw .truncated }
        return UInt32(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// The big-endian 64-bit number at `offset`.
    @inline(always)
    func uint64(at offset: Int) throws(WireError) -> UInt64 {
        guard offset >= 0, byteCount >= 8, offset <= byteCount - 8 else { throw .truncated }
        return UInt64(bigEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// The `count` bytes from `offset`.
    @inline(always)
    @_lifetime(copy self)
    func slice(at offset: Int, count: Int) throws(WireError) -> RawSpan {
        guard offset >= 0, count >= 0, count <= byteCount, offset <= byteCount - count else { throw .truncated }
        return extracting(unchecked: offset..<(offset &+ count))
    }

    /// A copy of the bytes.
    package var array: [UInt8] {
        withUnsafeBytes { Array($0) }
    }
}

/// A cursor over received bytes: every read is checked, and a read past the end throws.
struct WireReader: ~Escapable {
    /// Everything the cursor moves over.
    let bytes: RawSpan
    /// Where the next read starts.
    private(set) var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// How many bytes are left.
    var remaining: Int { bytes.byteCount - offset }

    mutating func readUInt8() throws(WireError) -> UInt8 {
        let value = try bytes.uint8(at: offset)
        offset += 1
        return value
    }

    mutating func readUInt16() throws(WireError) -> UInt16 {
        let value = try bytes.uint16(at: offset)
        offset += 2
        return value
    }

    mutating func readUInt24() throws(WireError) -> UInt32 {
        let upper = UInt32(try bytes.uint16(at: offset))
        let value = upper << 8 | UInt32(try bytes.uint8(at: offset + 2))
        offset += 3
        return value
    }

    mutating func readUInt32() throws(WireError) -> UInt32 {
        let value = try bytes.uint32(at: offset)
        offset += 4
        return value
    }

    mutating func readUInt64() throws(WireError) -> UInt64 {
        let value = try bytes.uint64(at: offset)
        offset += 8
        return value
    }

    mutating func skip(_ count: Int) throws(WireError) {
        guard count >= 0, count <= remaining else { throw .truncated }
        offset += count
    }

    @_lifetime(copy self)
    mutating func read(_ count: Int) throws(WireError) -> RawSpan {
        let slice = try bytes.slice(at: offset, count: count)
        offset += count
        return slice
    }
}
