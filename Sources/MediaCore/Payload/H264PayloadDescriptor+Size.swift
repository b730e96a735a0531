extension H264PayloadDescriptor {
    /// The profiles whose parameter sets tell of chroma and scaling. Source: ITU-T H.264, section 7.3.2.1.1.
    private static let highProfiles: [UInt32] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

    /// The size that a sequence parameter set tells, behind the byte of its NAL unit header; nil when it can't be read.
    ///
    /// Source: ITU-T H.264, section 7.3.2.1.1.
    static func size(_ body: RawSpan) -> FrameSize? {
        do throws(WireError) {
            var reader = RBSPReader(body, from: 0)
            let profile = try reader.read(8)
            try reader.skip(16)
            _ = try reader.readCode()
            var chroma = 1
            if highProfiles.contains(profile) { chroma = try readHighProfile(&reader) }
            _ = try reader.readCode()
            try skipOrderCounts(&reader)
            _ = try reader.readCode()
            try reader.skip(1)
            let columns = try reader.readCode() + 1
            let rows = try reader.readCode() + 1
            let isProgressive = try reader.readFlag()
            if !isProgressive { try reader.skip(1) }
            try reader.skip(1)
            guard columns <= 4096, rows <= 4096 else { return nil }
            var (width, height) = (columns * 16, rows * (isProgressive ? 16 : 32))
            guard try reader.readFlag() else { return FrameSize(width: width, height: height) }
            let horizontal = try reader.readCode() + reader.readCode()
            let vertical = try reader.readCode() + reader.readCode()
            width -= horizontal * (chroma == 1 || chroma == 2 ? 2 : 1)
            height -= vertical * (chroma == 1 ? 2 : 1) * (isProgressive ? 1 : 2)
            return FrameSize(width: width, height: height)
        } catch {
            return nil
        }
    }

    /// Moves over what only high profiles have; returns chroma_format_idc, 0 where planes are coded apart.
    private static func readHighProfile(_ reader: inout RBSPReader) throws(WireError) -> Int {
        var chroma = try reader.readCode()
        let listCount = chroma == 3 ? 12 : 8
        if chroma == 3, try reader.readFlag() { chroma = 0 }
        _ = try reader.readCode()
        _ = try reader.readCode()
        try reader.skip(1)
        guard try reader.readFlag() else { return chroma }
        for list in 0..<listCount where try reader.readFlag() {
            var (last, next) = (8, 8)
            for _ in 0..<(list < 6 ? 16 : 64) {
                if next != 0 { next = (last &+ (try reader.readSignedCode())) & 255 }
                if next != 0 { last = next }
            }
        }
        return chroma
    }

    private static func skipOrderCounts(_ reader: inout RBSPReader) throws(WireError) {
        switch try reader.readCode() {
        case 0: _ = try reader.readCode()
        case 1:
            try reader.skip(1)
            _ = try reader.readCode()
            _ = try reader.readCode()
            // As many codes as follow, at most 255.
            let count = try reader.readCode()
            guard count <= 255 else { throw .truncated }
            for _ in 0..<count { _ = try reader.readCode() }
        default: return
        }
    }
}
