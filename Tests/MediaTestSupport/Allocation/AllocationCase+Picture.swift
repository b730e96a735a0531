import MediaCore

extension AllocationCase {
    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00"]

    /// What happened to the first watcher: what its link carried and was thought to carry, what it was given of it, and
    /// which layers.
    package func picture(of run: AllocationRun) -> String {
        let watcher = run.watchers[0]
        var drawing = Drawing(seconds: run.seconds)
        drawing.text(Drawing.left, 24, title, size: 17, weight: "bold")
        drawing.text(Drawing.left, 42, "case \(name); first of the seeds, first watcher", size: 12, color: "#666")
        let allocated = (0..<run.samples).map { run.allocated(0, at: $0) }
        let used = max(allocated.max() ?? 0, CongestionRun.percentile(0.98, of: watcher.estimate))
        // A link far faster than anything on it leaves nothing to see.
        let highest = max(used, min(watcher.capacity.max() ?? 0, used * 1.5))
        var panel = drawing.panel("bit rate", unit: "kbit/s", top: 72, height: 220, maximum: highest * 1.08 / 1000)
        func line(_ values: [Double], _ color: String, _ width: Double, _ label: String, dashes: String = "") {
            // The drawing has a value for each 200 ms.
            let thinned = stride(from: 1, to: values.count, by: 2).map { values[$0] / 1000 }
            panel.line(thinned, color: color, width: width, dashes: dashes, label: label)
        }
        line(watcher.capacity, "#444", 1.6, "capacity")
        line(watcher.estimate, Self.colors[0], 1.1, "estimate", dashes: "5 3")
        line(allocated, Self.colors[1], 1.6, "cost of what is given")
        line(Drawing.smooth(Drawing.smooth(watcher.delivered)), "#e69f00", 0.9, "delivered")
        let rest = zip(watcher.repairs, watcher.padding).map { $0 + $1 }
        line(Drawing.smooth(Drawing.smooth(rest)), "#999", 0.9, "sent again, padding")
        drawing.add(panel)
        drawLayers(of: run, into: &drawing)
        let queues = stride(from: 1, to: run.samples, by: 2).map { watcher.queueDelay[$0] * 1000 }
        var queue = drawing.panel("queue delay", unit: "ms", top: 550, height: 60, maximum: max(queues.max() ?? 0, 20))
        queue.line(queues, color: "#7b3294", width: 1.1, label: "bottleneck")
        drawing.add(queue)
        return drawing.svg
    }

    private func drawLayers(of run: AllocationRun, into drawing: inout Drawing) {
        let tracks = run.watchers[0].tracks
        let step = 10.0
        var panel = drawing.panel(
            "layers given, each video above the one before, with its priority", unit: "steps", top: 330, height: 185,
            maximum: Double(tracks.count) * step)
        for (place, track) in tracks.enumerated() {
            let values = stride(from: 1, to: run.samples, by: 2).map { sample in
                Double(place) * step + Double(track.target[sample] + 1)
            }
            let base = [Double](repeating: Double(place) * step, count: values.count)
            panel.line(base, color: "#ccc", width: 0.5)
            let name = track.preference.contentHint == .detail ? "screen" : "video"
            panel.line(
                values, color: Self.colors[place % Self.colors.count], width: 1.4, isStepped: true,
                label: tracks.count > 1 ? "\(name) \(place), \(track.preference.priority)" : "given")
            if tracks.count == 1 {
                let seen = run.seen(0, 0)
                let values = stride(from: 1, to: run.samples, by: 2).map { Double(seen[$0] + 1) }
                panel.line(values, color: Self.colors[2], width: 0.9, isStepped: true, label: "seen")
            }
        }
        drawing.add(panel)
    }
}
