internal import COpenSSL
internal import CPrefetch

/// A salt, and the initialization vectors made from it. Each call overwrites the vector of the one before.
struct SRTPInitializationVector: ~Copyable {
    /// The salt, padded with zeros to 16 bytes, then the vector.
    private let memory: UnsafeMutableRawBufferPointer

    /// Takes a salt of at most 16 bytes.
    init(salt: UnsafeRawBufferPointer) {
        memory = .allocate(byteCount: 32, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: salt.prefix(16)))
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    /// Starts to fetch it into the cache.
    func prefetch() {
        sluice_prefetch(memory.baseAddress, 1)
    }

    /// For Galois/counter mode, 12 bytes: two zeros, SSRC, the 48-bit index, all exclusive-ored with the salt.
    ///
    /// Source: RFC 7714, sections 8.1 and 9.1 (there the index of an RTCP packet has 31 bits).
    @inline(always)
    func galoisCounter(ssrc: UInt32, index: UInt64) -> UnsafeMutableRawPointer {
        vector(UInt64(ssrc) << 16 | index >> 32, index << 32)
    }

    /// For counter mode, 16 bytes: salt · 2^16 ⊕ SSRC · 2^64 ⊕ index · 2^16. The low 16 bits count blocks.
    ///
    /// Source: RFC 3711, section 4.1.1.
    @inline(always)
    func counter(ssrc: UInt32, index: UInt64) -> UnsafeMutableRawPointer {
        vector(UInt64(ssrc), index << 16)
    }

    /// For key derivation, 16 bytes: the label stands above 48 bits of zeros, the quotient of a rate that is 0.
    ///
    /// Source: RFC 3711, section 4.3.1.
    func keyDerivation(label: UInt8) -> UnsafeMutableRawPointer {
        vector(UInt64(label), 0)
    }

    @inline(always)
    private func vector(_ high: UInt64, _ low: UInt64) -> UnsafeMutableRawPointer {
        let base = memory.baseAddress.unsafelyUnwrapped
        base.storeBytes(of: base.load(as: UInt64.self) ^ high.bigEndian, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(
            of: base.load(fromByteOffset: 8, as: UInt64.self) ^ low.bigEndian, toByteOffset: 24, as: UInt64.self)
        return base + 16
    }
}
