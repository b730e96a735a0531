extension CongestionCase {
    /// What happened in a run: rates, queue delay and loss over time, as SVG.
    package func picture(of run: CongestionRun) -> String {
        var drawing = Drawing(seconds: run.seconds)
        drawing.text(Drawing.left, 24, title, size: 17, weight: "bold")
        drawing.text(Drawing.left, 42, "case \(name); means of a second; first of the seeds", size: 12, color: "#666")
        drawRates(of: run, into: &drawing)
        drawQueues(of: run, into: &drawing)
        drawLosses(of: run, into: &drawing)
        return drawing.svg
    }

    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00"]

    private func isMedia(_ place: Int) -> Bool {
        if case .media = flows[place].kind { return true }
        return false
    }

    private func drawRates(of run: CongestionRun, into drawing: inout Drawing) {
        let capacities = run.links.map(\.capacity)
        let media = run.flows.indices.filter { isMedia($0) }
        let others = run.flows.indices.filter { !isMedia($0) }
        let delivered = run.flows.map { Drawing.smooth($0.delivered) }
        let sent = media.count == 1 ? Drawing.smooth(run.flows[media[0]].sent) : []
        let top = (delivered.flatMap { $0 } + sent).max() ?? 0
        let estimates = media.flatMap { run.flows[$0].estimate }.filter { $0.isFinite }
        // A link far faster than anything on it leaves nothing to see.
        let capacity = capacities.flatMap { $0 }.max() ?? 0
        let highest = max(top, CongestionRun.percentile(0.995, of: estimates), min(capacity, top * 4))
        var panel = drawing.panel("bit rate", unit: "kbit/s", top: 72, height: 240, maximum: highest * 1.08 / 1000)
        for (place, values) in capacities.enumerated() {
            panel.line(
                values.map { $0 / 1000 }, color: place == 0 ? "#444" : "#aaa", width: 1.6, isStepped: true,
                label: capacities.count > 1 ? "capacity \(place + 1)" : "capacity")
        }
        for (order, place) in media.enumerated() {
            let color = Self.colors[order % Self.colors.count]
            let flow = run.flows[place]
            let prefix = media.count > 1 ? flow.name + ": " : ""
            panel.line(delivered[place].map { $0 / 1000 }, color: color, width: 1.8, label: prefix + "delivered")
            panel.line(
                flow.estimate.map { $0 / 1000 }, color: color, width: 1.1, dashes: "5 3",
                label: prefix + "estimate")
            if media.count == 1 {
                panel.line(
                    sent.map { $0 / 1000 }, color: "#e69f00", width: 0.9, label: "sent, all in all"
                )
            }
        }
        if !others.isEmpty {
            let sum = run.flows[others[0]].delivered.indices.map { index in
                others.reduce(0) { $0 + delivered[$1][index] / 1000 }
            }
            panel.line(sum, color: "#999", width: 1.2, label: others.count > 1 ? "all TCP" : run.flows[others[0]].name)
        }
        drawing.add(panel)
    }

    private func drawQueues(of run: CongestionRun, into drawing: inout Drawing) {
        let queues = run.links.map { $0.queueDelay.map { $0 * 1000 } }
        let highest = max(queues.flatMap { $0 }.max() ?? 0, 20)
        var panel = drawing.panel("queue delay", unit: "ms", top: 352, height: 118, maximum: highest * 1.08)
        for (place, values) in queues.enumerated() {
            panel.line(
                values, color: place == 0 ? "#7b3294" : "#c2a5cf", width: 1.1,
                label: queues.count > 1 ? "link \(place + 1)" : "bottleneck")
        }
        drawing.add(panel)
    }

    private func drawLosses(of run: CongestionRun, into drawing: inout Drawing) {
        let media = run.flows.indices.filter { isMedia($0) }
        let losses = media.map { place in
            Drawing.share(run.flows[place].lostPackets, of: run.flows[place].sentPackets).map { $0 * 100 }
        }
        let highest = max(losses.flatMap { $0 }.max() ?? 0, 5)
        var panel = drawing.panel("loss", unit: "%", top: 510, height: 90, maximum: highest * 1.08)
        for (order, values) in losses.enumerated() {
            panel.line(
                values, color: media.count > 1 ? Self.colors[order % Self.colors.count] : "#b2182b", width: 1.1,
                label: media.count > 1 ? run.flows[media[order]].name : "packets lost")
        }
        drawing.add(panel)
    }
}
