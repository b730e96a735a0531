import MediaCore

/// What a receiver of VP9 goes by: P_DIFF or the picture group, D, TL0PICIDX.
///
/// Source: RFC 9628, sections 4.2 and 4.3.
extension StrictReceiver {
    private struct Descriptor {
        var picture = 0
        var isPredicted = false
        var isFlexible = false
        var isLayerPredicted = false
        var spatial = 0
        var temporal = 0
        var levelZero: UInt8?
        var differences: [Int] = []
        /// References by place in the group; nil without a structure.
        var group: [[Int]]?

        init?(_ payload: [UInt8]) {
            var offset = 0
            func next() -> UInt8? {
                defer { offset += 1 }
                return offset < payload.count ? payload[offset] : nil
            }
            guard let flags = next(), flags & 0x80 != 0, let high = next(), high & 0x80 != 0, let low = next() else {
                return nil
            }
            picture = Int(high & 0x7F) << 8 | Int(low)
            isPredicted = flags & 0x40 != 0
            isFlexible = flags & 0x10 != 0
            if flags & 0x20 != 0 {
                guard let layers = next() else { return nil }
                temporal = Int(layers >> 5)
                spatial = Int(layers >> 1 & 7)
                isLayerPredicted = layers & 1 != 0
                if !isFlexible { levelZero = next() }
            }
            if isFlexible, isPredicted {
                while let byte = next() {
                    differences.append(Int(byte >> 1))
                    if byte & 1 == 0 { break }
                }
            }
            guard flags & 0x02 != 0, let head = next() else { return }
            if head & 0x10 != 0 { offset += 4 * (Int(head >> 5) + 1) }
            guard head & 0x08 != 0, let count = next() else { return }
            var made: [[Int]] = []
            for _ in 0..<count {
                guard let entry = next() else { return nil }
                made.append((0..<Int(entry >> 2 & 3)).compactMap { _ in next().map { Int($0) } })
            }
            group = made
        }
    }

    mutating func checkVP9() {
        var decoded: Set<[Int]> = []
        var group: [[Int]] = []
        var groupStart = 0
        var picture = 0
        var levelZero: UInt8?
        var last: (frame: LayeredFrame, run: Int)?
        /// Something is missing since the last whole keyframe, and the network took it.
        var isTainted = false
        for played in frames {
            let truth = encoders[played.encoding].frames[played.number]
            guard let descriptor = Descriptor(parts[played.packets[0]].departure.payload) else {
                note(.continuity, "no descriptor in \(describe(truth))")
                continue
            }
            let step = Int(Int16(bitPattern: UInt16(truncatingIfNeeded: descriptor.picture - picture) << 1) >> 1)
            picture = last == nil ? descriptor.picture : picture + step
            if let last { check(step, since: last, truth, played) }
            if truth.isKeyframe, truth.spatial == 0 {
                isTainted = played.state != .decodable
                decoded.removeAll(keepingCapacity: true)
                groupStart = picture
                group = descriptor.group ?? []
                levelZero = nil
            } else if played.state != .decodable {
                isTainted = true
            }
            checkLevelZero(descriptor.levelZero, &levelZero, last, truth, played)
            last = (truth, played.run)
            var differences = descriptor.differences
            if !descriptor.isFlexible, descriptor.isPredicted {
                // Without layers, and so without a group, a picture refers to the one before it.
                let place = picture - groupStart
                differences = group.isEmpty ? [1] : place < 0 ? [] : group[place % group.count]
            }
            var references = differences.map { [picture - $0, truth.spatial] }
            if descriptor.isLayerPredicted { references.append([picture, truth.spatial - 1]) }
            if references.allSatisfy(decoded.contains) {
                if played.state == .decodable { decoded.insert([picture, truth.spatial]) }
            } else if !isTainted {
                note(.continuity, "\(describe(truth)) needs \(references) by its descriptor")
            }
        }
    }

    private mutating func check(
        _ step: Int, since last: (frame: LayeredFrame, run: Int), _ truth: LayeredFrame, _ played: PlayedFrame
    ) {
        if last.run == played.run {
            if step != truth.picture - last.frame.picture {
                note(.pictureID, "a step of \(step) to \(describe(truth)), \(truth.picture - last.frame.picture) true")
            }
        } else if step < 1 || step > 60 {
            note(.pictureID, "a step of \(step) at a change of encoding, to \(describe(truth))")
        }
    }

    private mutating func checkLevelZero(
        _ value: UInt8?, _ known: inout UInt8?, _ last: (frame: LayeredFrame, run: Int)?, _ truth: LayeredFrame,
        _ played: PlayedFrame
    ) {
        guard let value else { return }
        defer { known = value }
        guard let known, let last, last.run == played.run, last.frame.number <= truth.number else { return }
        let frames = encoders[played.encoding].frames
        let pictures = Set(
            frames[last.frame.number...truth.number].filter { $0.temporal == 0 && $0.picture > last.frame.picture }
                .map(\.picture))
        if Int(value &- known) != pictures.count {
            note(.levelZero, "a step of \(value &- known) to \(describe(truth)), \(pictures.count) true")
        }
    }
}
