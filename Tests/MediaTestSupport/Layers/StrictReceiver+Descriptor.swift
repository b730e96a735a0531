import MediaCore

/// What a receiver goes by that reads the dependency descriptor and nothing else.
///
/// Source: AOM, RTP payload format for AV1, appendix A.
extension StrictReceiver {
    mutating func checkDescriptors() {
        var reader = DescriptorReader()
        var decoded: Set<Int> = []
        var number: Int?
        var last: (frame: LayeredFrame, run: Int)?
        var isTainted = true
        var masks: [(place: Int, mask: Int, run: Int)] = []
        for (place, played) in frames.enumerated() {
            let truth = encoders[played.encoding].frames[played.number]
            let isStart = truth.isKeyframe && truth.spatial == 0
            let hasFirst = parts[played.packets[0]].packet == truth.packets.lowerBound
            // The templates come with a keyframe's first packet. The network may take it.
            if isStart, !hasFirst { isTainted = true }
            if isStart, hasFirst { isTainted = played.state != .decodable }
            if played.state != .decodable { isTainted = true }
            for part in played.packets {
                let bytes = parts[part].departure.descriptor
                let isFirst = parts[part].packet == truth.packets.lowerBound
                let isLast = parts[part].packet == truth.packets.upperBound - 1
                guard let found = reader.read(bytes) else {
                    if !isTainted || bytes.count < 3 { note(.descriptor, "can't be read: \(describe(truth))") }
                    continue
                }
                if found.isFirst != isFirst || found.isLast != isLast {
                    note(.descriptor, "start or end of \(describe(truth))")
                }
                if !isTainted,
                    found.spatial != truth.spatial || found.temporal != truth.temporal
                        || found.dependencies != truth.dependencies
                {
                    note(.descriptor, "\(describe(truth)): \(found) for \(truth.dependencies)")
                }
                if let mask = found.activeTargets { masks.append((place, mask, played.run)) }
                guard part == played.packets[0] else { continue }
                let step = number.map {
                    Int(Int16(bitPattern: UInt16(truncatingIfNeeded: found.number) &- UInt16(truncatingIfNeeded: $0)))
                }
                checkNumber(step, since: last, truth, played)
                number = step.map { (number ?? 0) + $0 } ?? found.number
                last = (truth, played.run)
                guard let number, !isTainted else { continue }
                let references = found.dependencies.frameDifferences.map { number - $0 }
                if references.allSatisfy(decoded.contains) {
                    decoded.insert(number)
                } else {
                    note(.continuity, "\(describe(truth)) needs \(references) by its descriptor, number \(number)")
                }
            }
        }
        checkMasks(masks)
    }

    private mutating func checkNumber(
        _ step: Int?, since last: (frame: LayeredFrame, run: Int)?, _ truth: LayeredFrame, _ played: PlayedFrame
    ) {
        guard let step, let last else { return }
        if last.run == played.run {
            if step != truth.number - last.frame.number {
                note(.descriptor, "a step of \(step) to \(describe(truth))")
            }
        } else if step < 1 || step > 200 {
            note(.descriptor, "a step of \(step) at a change of encoding, to \(describe(truth))")
        }
    }

    /// Of a target that is said to be active, every frame is sent until something else is said.
    private mutating func checkMasks(_ masks: [(place: Int, mask: Int, run: Int)]) {
        let sent = Set(frames.map { [$0.run, $0.number] })
        let targets = mode.spatialLayers * mode.temporalLayers
        for (order, entry) in masks.enumerated() {
            let first = frames[entry.place]
            // To the frame before the next mask, or the last one of the run that was sent.
            var end = frames.count - 1
            if let next = masks[(order + 1)...].first { end = next.place - 1 }
            while end > entry.place, frames[end].run != entry.run { end -= 1 }
            guard end > entry.place else { continue }
            for number in first.number + 1..<frames[end].number where !sent.contains([entry.run, number]) {
                let truth = encoders[first.encoding].frames[number]
                let needing = truth.dependencies.indications.indices.filter {
                    truth.dependencies.indications[$0] != 0 && entry.mask >> $0 & 1 == 1
                }
                guard !needing.isEmpty, !isDamaged(first.encoding, frame: number, run: entry.run) else { continue }
                note(.mask, "\(describe(truth)) left out, targets \(needing) of \(targets) said to be active")
                break
            }
        }
    }
}
