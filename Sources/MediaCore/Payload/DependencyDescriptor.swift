/// One dependency descriptor, read with the structure it refers to.
///
/// Source: AOM, RTP payload format for AV1, appendix A.8.
struct DependencyDescriptor {
    /// The mandatory fields.
    static let mandatoryByteCount = 3

    var isFrameStart: Bool
    var isFrameEnd: Bool
    var templateID: Int
    var frameNumber: UInt16
    /// Whether it brings a structure: the known one once more, or a new one.
    var hasStructure = false
    /// The structure it brings, when it is not the one known.
    var newStructure: DependencyStructure?
    /// What the frame is, the template's values replaced by its own; nil when its template is not known.
    var frame: DependencyTemplate?
    /// Whether the structure that applies has chains.
    var hasChains = false
    /// The number of decode targets; 0 when the structure is not known.
    var targetCount = 0
    /// The bitmask of active decode targets that it brings.
    var activeTargets: UInt32?
    /// The bit at which that bitmask stands or would stand; 0 with mandatory fields only.
    var activeMaskBit = 0

    /// Nil when it is too short, or says what can't be.
    init?(_ bytes: RawSpan, known: DependencyStructure?) {
        do throws(WireError) {
            let first = try bytes.uint8(at: 0)
            isFrameStart = first & 0x80 != 0
            isFrameEnd = first & 0x40 != 0
            templateID = Int(first & 0x3F)
            frameNumber = try bytes.uint16(at: 1)
            guard bytes.byteCount > Self.mandatoryByteCount else {
                adopt(known)
                return
            }
            var reader = BitReader(bytes)
            try reader.skip(8 * Self.mandatoryByteCount)
            hasStructure = try reader.readFlag()
            let hasActiveTargets = try reader.readFlag()
            let hasOwnTargets = try reader.readFlag()
            let hasOwnReferences = try reader.readFlag()
            let hasOwnChains = try reader.readFlag()
            guard let structure = try readStructure(&reader, bytes, known) else {
                // Without the structure, only the mandatory fields can be read; to bring none that can be is a lie.
                if hasStructure { return nil }
                return
            }
            activeMaskBit = reader.offset
            adopt(structure)
            if hasActiveTargets { activeTargets = try reader.read(structure.targetCount) }
            guard frame != nil else {
                // Its own structure must have the template.
                if hasStructure { return nil }
                return
            }
            if hasOwnTargets { try frame?.readTargets(structure.targetCount, &reader) }
            if hasOwnReferences { try readReferences(&reader) }
            if hasOwnChains { try readChains(structure.chains, &reader) }
        } catch {
            return nil
        }
    }

    /// The structure that applies: its own, the known one, or none.
    private mutating func readStructure(
        _ reader: inout BitReader, _ bytes: RawSpan, _ known: DependencyStructure?
    ) throws(WireError) -> DependencyStructure? {
        guard hasStructure else { return known }
        // It is only sent with the first packet of a frame.
        guard isFrameStart else { return nil }
        if let known, known.isRepeated(in: bytes) {
            try reader.skip(known.bitCount)
            return known
        }
        newStructure = try DependencyStructure(&reader, in: bytes)
        return newStructure
    }

    private mutating func adopt(_ structure: DependencyStructure?) {
        guard let structure else { return }
        frame = structure.template(templateID)
        targetCount = structure.targetCount
        hasChains = !structure.chains.isEmpty
    }

    private mutating func readReferences(_ reader: inout BitReader) throws(WireError) {
        frame?.dropReferences()
        while true {
            let size = Int(try reader.read(2))
            guard size > 0 else { return }
            frame?.addReference(try reader.read(4 * size) + 1)
        }
    }

    private mutating func readChains(_ chains: [UInt32], _ reader: inout BitReader) throws(WireError) {
        frame?.chainStarts = 0
        for chain in chains where try reader.read(8) == 0 { frame?.chainStarts |= chain }
    }
}
