extension AV1PayloadDescriptor {
    /// The size that a sequence header OBU tells, behind its OBU header, and the spatial layer that has it; nil when it
    /// can't be read.
    ///
    /// Source: AV1 bitstream specification, section 5.5.1.
    static func size(_ body: RawSpan) -> (frame: FrameSize, spatialLayer: Int)? {
        do throws(WireError) {
            var reader = BitReader(body)
            try reader.skip(4)
            var spatialLayer = 0
            if try reader.readFlag() {
                // A reduced still picture header has a level only.
                try reader.skip(5)
            } else {
                spatialLayer = try readOperatingPoints(&reader)
            }
            let widthBits = Int(try reader.read(4)) + 1
            let heightBits = Int(try reader.read(4)) + 1
            let (width, height) = (Int(try reader.read(widthBits)) + 1, Int(try reader.read(heightBits)) + 1)
            return FrameSize(width: width, height: height).map { ($0, spatialLayer) }
        } catch {
            return nil
        }
    }

    /// Moves to the frame size; returns the highest spatial layer of the first operating point.
    private static func readOperatingPoints(_ reader: inout BitReader) throws(WireError) -> Int {
        var delayBits: Int?
        if try reader.readFlag() {
            try reader.skip(64)
            if try reader.readFlag() { try skipVariableLength(&reader) }
            if try reader.readFlag() {
                delayBits = Int(try reader.read(5)) + 1
                try reader.skip(42)
            }
        }
        let hasDisplayDelay = try reader.readFlag()
        var spatialLayer = 0
        for point in 0...Int(try reader.read(5)) {
            let layers = try reader.read(12)
            if point == 0, layers >> 8 != 0 { spatialLayer = 31 - (layers >> 8).leadingZeroBitCount }
            if try reader.read(5) > 7 { try reader.skip(1) }
            if let delayBits, try reader.readFlag() { try reader.skip(2 * delayBits + 1) }
            if hasDisplayDelay, try reader.readFlag() { try reader.skip(4) }
        }
        return spatialLayer
    }

    /// Moves over uvlc(). Source: AV1 bitstream specification, section 4.10.3.
    private static func skipVariableLength(_ reader: inout BitReader) throws(WireError) {
        var zeros = 0
        while try !reader.readFlag() { zeros += 1 }
        if zeros < 32 { try reader.skip(zeros) }
    }
}
