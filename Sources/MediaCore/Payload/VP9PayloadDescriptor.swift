/// The payload descriptor of VP9. Source: RFC 9628, section 4.2.
struct VP9PayloadDescriptor: Sendable {
    /// Spatial and temporal layers are numbered from 0 to this.
    static let maximumLayer: UInt8 = 3

    /// Whether this is the first packet of a layer frame (B).
    var isFrameStart: Bool
    /// Whether this is the last packet of a layer frame (E).
    var isFrameEnd: Bool
    /// Whether the frame refers to earlier pictures (P).
    var isInterPicturePredicted: Bool
    /// Whether higher spatial layers of the same picture do without this one (Z).
    var isNotReferredToBySpatialLayers: Bool
    /// Whether the picture id is there and each frame lists what it refers to (F).
    var isFlexible: Bool
    /// The picture id, 7 or 15 bits.
    var pictureID: UInt16?
    /// Whether the picture id has 15 bits (M).
    var hasLongPictureID = false
    /// Where the picture id stands, with its M bit; 0 when there is none.
    var pictureIDOffset: UInt8 = 0
    /// Whether the packet names its layer (L).
    var hasLayer: Bool
    /// TID, 0 without layers.
    var temporalLayer: UInt8 = 0
    /// Whether higher temporal layers can begin with the next picture (U).
    var isSwitchingUpPoint = false
    /// SID, 0 without layers.
    var spatialLayer: UInt8 = 0
    /// Whether the frame refers to the next lower spatial layer (D).
    var isInterLayerPredicted = false
    /// TL0PICIDX; 0 when there is none.
    var levelZeroIndex: UInt8 = 0
    /// Where TL0PICIDX stands; 0 when there is none.
    var levelZeroOffset: UInt8 = 0
    /// How many references of the flexible mode there are, at most 3.
    var referenceCount = 0
    /// P_DIFF, by reference.
    var references = InlineArray<3, UInt8>(repeating: 0)
    /// Where the scalability structure stands (SS), from its first byte; nil when there is none.
    var structure: Range<Int>?
    /// How many bytes the descriptor has.
    var byteCount = 0

    /// Whether a keyframe's lowest layer begins here.
    var isKeyframeStart: Bool { isFrameStart && !isInterPicturePredicted && spatialLayer == 0 }

    init?(_ payload: RawSpan) {
        do throws(WireError) {
            var reader = WireReader(payload)
            let first = try reader.readUInt8()
            isInterPicturePredicted = first & 0x40 != 0
            hasLayer = first & 0x20 != 0
            isFlexible = first & 0x10 != 0
            isFrameStart = first & 0x08 != 0
            isFrameEnd = first & 0x04 != 0
            isNotReferredToBySpatialLayers = first & 0x01 != 0
            if first & 0x80 != 0 { try readPictureID(&reader) }
            if hasLayer { try readLayer(&reader) }
            guard temporalLayer <= Self.maximumLayer, spatialLayer <= Self.maximumLayer else { return nil }
            if isFlexible && isInterPicturePredicted {
                guard try readReferences(&reader) else { return nil }
            }
            if first & 0x02 != 0 {
                let start = reader.offset
                try VP9ScalabilityStructure.skip(&reader)
                structure = start..<reader.offset
            }
            guard reader.remaining > 0 else { return nil }
            byteCount = reader.offset
        } catch {
            return nil
        }
    }

    private mutating func readPictureID(_ reader: inout WireReader) throws(WireError) {
        pictureIDOffset = UInt8(truncatingIfNeeded: reader.offset)
        let upper = try reader.readUInt8()
        hasLongPictureID = upper & 0x80 != 0
        pictureID =
            hasLongPictureID ? UInt16(upper & 0x7F) << 8 | UInt16(try reader.readUInt8()) : UInt16(upper & 0x7F)
    }

    private mutating func readLayer(_ reader: inout WireReader) throws(WireError) {
        let layer = try reader.readUInt8()
        temporalLayer = layer >> 5
        isSwitchingUpPoint = layer & 0x10 != 0
        spatialLayer = layer >> 1 & 0x07
        isInterLayerPredicted = layer & 0x01 != 0
        guard !isFlexible else { return }
        levelZeroOffset = UInt8(truncatingIfNeeded: reader.offset)
        levelZeroIndex = try reader.readUInt8()
    }

    /// Reference indices, of which the last says so, at most three; false for more, and for a reference to itself.
    private mutating func readReferences(_ reader: inout WireReader) throws(WireError) -> Bool {
        while true {
            let reference = try reader.readUInt8()
            guard referenceCount < 3, reference >> 1 != 0 else { return false }
            references[referenceCount] = reference >> 1
            referenceCount += 1
            if reference & 0x01 == 0 { return true }
        }
    }
}
