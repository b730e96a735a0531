import MediaCore

extension AllocationCase {
    /// The figures of the runs, and what happened in the first, as JSON.
    package func json(of runs: [AllocationRun]) -> String {
        let figures = figures.map { figure in
            let value = figure.figure(of: runs)
            let each = runs.map { Self.number(figure.value($0)) }.joined(separator: ",")
            return """
                {"name":"\(figure.name)","bar":"\(figure.barText)","figure":\(Self.number(value)),\
                "met":\(figure.isMet(by: value)),"seeds":[\(each)]}
                """
        }
        var parts = [
            "\"case\":\"\(name)\"", "\"title\":\"\(title)\"",
            "\"figures\":[\n\(figures.joined(separator: ",\n"))]", "\"sampleSeconds\":\(AllocationRun.interval)",
        ]
        if let run = runs.first {
            let watchers = run.watchers.enumerated().map { place, watcher in
                let allocated = (0..<run.samples).map { run.allocated(place, at: $0) }
                let tracks = watcher.tracks.map { track in
                    let changes = track.changes.map {
                        "{\"at\":\(Self.number($0.at)),\"rung\":\($0.rung),\"reason\":\"\($0.reason.rawValue)\"}"
                    }
                    return """
                        {"publisher":\(track.publisher),"priority":\(track.preference.priority),\
                        "target":\(track.target),"current":\(track.current),"changes":[\(changes.joined(separator: ","))]}
                        """
                }
                return """
                    {"capacity":\(Self.array(watcher.capacity)),"estimate":\(Self.array(watcher.estimate)),\
                    "delivered":\(Self.array(watcher.delivered)),"repairs":\(Self.array(watcher.repairs)),
                    "padding":\(Self.array(watcher.padding)),"allocated":\(Self.array(allocated)),"queueDelay":\(Self.array(watcher.queueDelay, 1000)),
                    "tracks":[\n\(tracks.joined(separator: ",\n"))]}
                    """
            }
            parts.append("\"watchers\":[\n\(watchers.joined(separator: ",\n"))]")
        }
        return "{\n" + parts.joined(separator: ",\n") + "\n}\n"
    }

    private static func array(_ values: [Double], _ scale: Double = 1) -> String {
        "[" + values.map { number(($0 * scale).rounded()) }.joined(separator: ",") + "]"
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
