import MediaCore

/// Sequence numbers, timestamps and markers.
extension StrictReceiver {
    /// What lies between two parts in their source, and did not come in time.
    func excusedPackets(between last: Part, and part: Part) -> Int {
        if last.run == part.run {
            guard last.packet < part.packet else { return 0 }
            return (last.packet + 1..<part.packet).count { isExcused(part.encoding, $0, run: part.run) }
        }
        // Where a keyframe's parameter sets have packets of their own, a beginning keeps room for what is missing right
        // before it: that may be them. Elsewhere a keyframe says which packet is its first.
        guard mode.payload == .h264 || mode.payload == .h265, !mode.hasDependencyDescriptor else { return 0 }
        return (0..<part.packet).reversed().prefix {
            isExcused(part.encoding, $0, run: part.run)
                || (encoders[part.encoding].packets[$0].arrival.map { $0 > part.departure.instant } ?? true)
        }.count
    }

    mutating func checkHoles() {
        for (last, part) in zip(parts, parts.dropFirst()) where part.gap > 0 {
            let excused = excusedPackets(between: last, and: part)
            if part.gap > excused {
                note(
                    .hole,
                    "\(part.gap) before number \(part.departure.index) (\(excused) excused, \(describe(frame(part))))")
            }
        }
    }

    /// Timestamps that only move on, as the source's do; markers on the last packets of pictures and nowhere else.
    mutating func checkPictures() {
        var start = 0
        var last: (timestamp: UInt32, frame: LayeredFrame, run: Int)?
        while start < parts.count {
            let first = parts[start]
            let truth = frame(first)
            var end = start
            while end < parts.count, parts[end].run == first.run, frame(parts[end]).picture == truth.picture {
                if parts[end].departure.timestamp != first.departure.timestamp {
                    note(.timestamp, "two of one picture: \(describe(truth))")
                }
                end += 1
            }
            if let last { checkTime(last, first) }
            last = (first.departure.timestamp, truth, first.run)
            checkMarkers(start..<end)
            start = end
        }
    }

    private mutating func checkTime(_ last: (timestamp: UInt32, frame: LayeredFrame, run: Int), _ part: Part) {
        let truth = frame(part)
        let step = Int(Int32(bitPattern: part.departure.timestamp &- last.timestamp))
        let captured = Int((truth.instant - last.frame.instant).nanoseconds / 1000 * 9 / 100)
        if last.run == part.run, truth.picture <= last.frame.picture { return note(.order, describe(truth)) }
        if step <= 0 {
            note(.timestamp, "\(step) ticks to \(describe(truth))")
        } else if last.run == part.run, abs(step - captured) > 1 {
            // Pictures that were there already when a run began may be crowded together.
            guard step > captured || !wasThere(last.frame, of: part.encoding, run: part.run) else { return }
            note(.timestamp, "\(step) ticks to \(describe(truth)), \(captured) in the source")
        } else if last.run != part.run, !wasThere(truth, of: part.encoding, run: part.run),
            step > max(captured, 1) + Self.timeTolerance
        {
            note(.timestamp, "a leap of \(step) ticks, \(captured) captured, to \(describe(truth))")
        }
    }

    /// Whether any packet of a frame had come when a run began.
    private func wasThere(_ frame: LayeredFrame, of encoding: Int, run: Int) -> Bool {
        frame.packets.contains { encoders[encoding].packets[$0].arrival.map { $0 <= runStarts[run] } ?? false }
    }

    /// Across changes of encoding time goes on as fast as pictures were captured, once it is live again.
    mutating func checkPace() {
        var last: (part: Part, run: Int)?
        for played in frames {
            let part = parts[played.packets[0]]
            let truth = frame(part)
            guard !wasThere(truth, of: part.encoding, run: part.run) || part.run == 0 else { continue }
            if let last, last.run != part.run {
                let step = Int(Int32(bitPattern: part.departure.timestamp &- last.part.departure.timestamp))
                let captured = Int((truth.instant - frame(last.part).instant).nanoseconds / 1000 * 9 / 100)
                if abs(step - captured) > Self.timeTolerance {
                    note(
                        .timestamp, "\(step) ticks to \(describe(truth)), \(captured) captured since the last live one")
                }
            }
            last = (part, part.run)
        }
    }

    /// The packets of a part's picture up to its own.
    private func frameStart(_ part: Part) -> Range<Int> {
        let truth = frame(part)
        let frames = encoders[part.encoding].frames[...truth.number].reversed().prefix { $0.picture == truth.picture }
        return (frames.last ?? truth).packets.lowerBound..<part.packet
    }

    /// How far a change of encoding may move time, in ticks: a quarter of a second.
    private static let timeTolerance = 22_500

    private mutating func checkMarkers(_ range: Range<Int>) {
        for place in range.dropLast() where parts[place].departure.marker {
            // Before its picture's first packets had come nobody could know that it would go on.
            let isEarly = frameStart(parts[place]).contains {
                encoders[parts[place].encoding].packets[$0].arrival.map { $0 > parts[place].departure.instant } ?? true
            }
            if isEarly { continue }
            note(.marker, "amid picture \(describe(frame(parts[place])))")
        }
        guard let part = parts[range].last else { return }
        let truth = frame(part)
        let isWhole = part.packet == truth.packets.upperBound - 1
        guard isWhole != part.departure.marker else { return }
        // The end may be what the network took: of this frame, or of the layers above it.
        let upper = encoders[part.encoding].frames[truth.number...].prefix { $0.picture == truth.picture }
        if upper.contains(where: { isDamaged(part.encoding, frame: $0.number, run: part.run) }) { return }
        note(.marker, "\(isWhole ? "not at the end" : "before the end") of \(describe(truth))")
    }
}
