import MediaCore

/// Whether a watcher got what it asked for, in time.
extension LayerScenario {
    /// How long it may take until a wish has come true.
    private var settling: MediaDuration { isLossy ? .milliseconds(2500) : .milliseconds(1000) }

    func judge(
        _ receiver: StrictReceiver, _ watcher: LayeredWatcher, _ wishes: [Wish], until end: MediaInstant
    ) -> [LayerViolation] {
        var found: [LayerViolation] = []
        for (order, wish) in wishes.enumerated() {
            let until = order + 1 < wishes.count ? wishes[order + 1].at : end
            let from = wish.at + settling
            guard from < until else { continue }
            let played = receiver.frames.filter { $0.instant >= from && $0.instant < until }
            if wish.isPaused {
                if let first = played.first { found.append(excess(first, receiver, "while paused")) }
                continue
            }
            found += excesses(played, wish, receiver)
            if !isLossy, schedule.isEmpty, let shortage = shortage(played, wish, receiver, from, until) {
                found.append(shortage)
            }
        }
        found += pauses(receiver, watcher, wishes, until: end)
        return found
    }

    private func excess(_ played: PlayedFrame, _ receiver: StrictReceiver, _ detail: String) -> LayerViolation {
        let truth = receiver.encoders[played.encoding].frames[played.number]
        return LayerViolation(
            kind: .preference, detail: "encoding \(played.encoding), \(receiver.describe(truth)) \(detail)")
    }

    /// Nothing above what was asked for.
    private func excesses(_ played: [PlayedFrame], _ wish: Wish, _ receiver: StrictReceiver) -> [LayerViolation] {
        for frame in played {
            let truth = receiver.encoders[frame.encoding].frames[frame.number]
            if mode.tellsTemporalLayers, truth.temporal > wish.temporal {
                return [excess(frame, receiver, "above T\(wish.temporal)")]
            }
            if truth.spatial > wish.spatial { return [excess(frame, receiver, "above S\(wish.spatial)")] }
            if schedule.isEmpty, let encoding = wish.encoding, frame.encoding != encoding {
                return [excess(frame, receiver, "instead of encoding \(encoding)")]
            }
        }
        return []
    }

    /// All of what was asked for, but for a few frames at the edges.
    private func shortage(
        _ played: [PlayedFrame], _ wish: Wish, _ receiver: StrictReceiver, _ from: MediaInstant, _ until: MediaInstant
    ) -> LayerViolation? {
        guard wish.encoding != nil || mode.encodings == 1 else { return nil }
        let encoder = receiver.encoders[wish.encoding ?? 0]
        let expected = encoder.frames.count {
            $0.spatial == wish.spatial && ($0.temporal <= wish.temporal || !mode.tellsTemporalLayers)
                && $0.instant >= from && $0.instant < until
        }
        let got = played.count {
            let truth = receiver.encoders[$0.encoding].frames[$0.number]
            return truth.spatial == wish.spatial && $0.state == .decodable
        }
        // Those under way at either end.
        guard got + 4 < expected else { return nil }
        return LayerViolation(
            kind: .starved,
            detail: "\(got) of \(expected) frames of S\(wish.spatial)T\(wish.temporal) "
                + "from \(from.nanoseconds / 1_000_000) to \(until.nanoseconds / 1_000_000) ms")
    }

    /// Pictures come all the time while nothing is lost: the old layer until the new one's keyframe, the best live one
    /// when a layer dies.
    private func pauses(
        _ receiver: StrictReceiver, _ watcher: LayeredWatcher, _ wishes: [Wish], until end: MediaInstant
    ) -> [LayerViolation] {
        guard !isLossy, let connected = watcher.connectedAt else { return [] }
        // With one encoding of one layer there is nothing to fall back to.
        guard schedule.isEmpty || mode.encodings > 1 || mode.spatialLayers > 1 else { return [] }
        let longest: MediaDuration =
            schedule.isEmpty ? .milliseconds(33 * Int64(1 << mode.temporalLayers) + 100) : .milliseconds(2500)
        var instants = receiver.frames.filter { $0.state == .decodable }.map(\.instant)
        instants.append(end)
        // Until its first keyframe a watcher waits longer.
        let first = connected + .milliseconds(1200)
        var last = min(instants[0], first)
        if instants[0] > first, schedule.isEmpty, !isPaused(wishes, connected, instants[0]) {
            return [LayerViolation(kind: .pause, detail: "no picture within a second")]
        }
        for instant in instants {
            defer { last = instant }
            guard instant - last > longest, !isPaused(wishes, last, instant) else { continue }
            return [
                LayerViolation(
                    kind: .pause,
                    detail: "from \(last.nanoseconds / 1_000_000) to \(instant.nanoseconds / 1_000_000) ms")
            ]
        }
        return []
    }

    /// What a watcher asked for and was sent, in the order of time.
    func trace(_ receiver: StrictReceiver, _ wishes: [Wish]) -> [String] {
        var lines: [(at: MediaInstant, text: String)] = wishes.map { wish in
            let encoding = wish.encoding.map { "encoding \($0)" } ?? "any encoding"
            return (wish.at, "wants \(wish.isPaused ? "nothing" : "\(encoding) S\(wish.spatial)T\(wish.temporal)")")
        }
        for part in receiver.parts {
            let source = receiver.encoders[part.encoding].packets[part.packet]
            let arrival = source.arrival.map { $0.nanoseconds / 1000 }
            lines.append(
                (
                    part.departure.instant,
                    "\(part.departure.index)\(part.gap > 0 ? " (gap \(part.gap))" : "") run \(part.run) "
                        + "time \(part.departure.timestamp)\(part.departure.marker ? " M" : "") "
                        + "encoding \(part.encoding) packet \(part.packet) (\(source.position)) "
                        + "arrived \(arrival ?? 0) us, \(receiver.describe(receiver.frame(part)))"
                ))
        }
        return lines.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map {
            "\($0.element.at.nanoseconds / 1000) us: \($0.element.text)"
        }
    }

    /// Whether pictures were not wanted within a span, or shortly before it.
    private func isPaused(_ wishes: [Wish], _ from: MediaInstant, _ until: MediaInstant) -> Bool {
        for (order, wish) in wishes.enumerated() where wish.isPaused {
            let end = order + 1 < wishes.count ? wishes[order + 1].at + .seconds(1) : until
            if wish.at <= until, end >= from { return true }
        }
        return false
    }
}

extension StrictReceiver {
    /// How often the encoding changed, or the highest layers of it that were sent.
    var switches: Int {
        var count = 0
        var last: (run: Int, spatial: Int, picture: Int)?
        var top = 0
        for played in frames {
            let truth = encoders[played.encoding].frames[played.number]
            if let known = last, known.run == played.run, known.picture == truth.picture {
                last?.spatial = truth.spatial
                continue
            }
            if let last {
                if last.run != played.run || last.spatial != top { count += 1 }
                top = last.spatial
            }
            last = (played.run, truth.spatial, truth.picture)
        }
        return count
    }
}
