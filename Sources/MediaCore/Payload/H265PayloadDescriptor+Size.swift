extension H265PayloadDescriptor {
    /// The size that a sequence parameter set tells, behind its NAL unit header; nil when it can't be read.
    ///
    /// Source: ITU-T H.265, sections 7.3.2.2.1 and 7.3.3.
    static func size(_ body: RawSpan) -> FrameSize? {
        do throws(WireError) {
            var reader = RBSPReader(body, from: 0)
            try reader.skip(4)
            let subLayers = Int(try reader.read(3))
            try reader.skip(1)
            // The general profile, tier and level, and which sub-layers have their own.
            try reader.skip(96)
            var skipped = subLayers > 0 ? (8 - subLayers) * 2 : 0
            for _ in 0..<subLayers {
                if try reader.readFlag() { skipped += 88 }
                if try reader.readFlag() { skipped += 8 }
            }
            try reader.skip(skipped)
            _ = try reader.readCode()
            let chroma = try reader.readCode()
            let isSeparate = chroma == 3 ? try reader.readFlag() : false
            var (width, height) = (try reader.readCode(), try reader.readCode())
            guard try reader.readFlag() else { return FrameSize(width: width, height: height) }
            let horizontal = try reader.readCode() + reader.readCode()
            let vertical = try reader.readCode() + reader.readCode()
            width -= horizontal * (!isSeparate && (chroma == 1 || chroma == 2) ? 2 : 1)
            height -= vertical * (!isSeparate && chroma == 1 ? 2 : 1)
            return FrameSize(width: width, height: height)
        } catch {
            return nil
        }
    }
}
