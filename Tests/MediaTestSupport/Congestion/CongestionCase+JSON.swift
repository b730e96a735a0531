import MediaCore

extension CongestionCase {
    /// The figures of the runs, and what happened in the first, as JSON.
    package func json(of runs: [CongestionRun]) -> String {
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
            "\"figures\":[\n\(figures.joined(separator: ",\n"))]", "\"sampleSeconds\":0.2",
        ]
        if let run = runs.first {
            let links = run.links.map {
                "{\"capacity\":\(Self.array($0.capacity)),\"queueDelay\":\(Self.array($0.queueDelay, scale: 1000))}"
            }
            let flows = run.flows.map { flow in
                let keyframes = flow.keyframes.map { keyframe in
                    """
                    {"madeAt":\(Self.seconds(keyframe.madeAt)),"packets":\(keyframe.packets),\
                    "arrived":\(keyframe.arrived),"lastArrival":\(Self.seconds(keyframe.lastArrival))}
                    """
                }
                return """
                    {"name":"\(flow.name)","sent":\(Self.array(flow.sent)),"delivered":\(Self.array(flow.delivered)),\
                    "padding":\(Self.array(flow.padding)),"estimate":\(Self.array(flow.estimate)),\
                    "sentPackets":\(flow.sentPackets),"lostPackets":\(flow.lostPackets),"shedFrames":\(flow.shedFrames),\
                    "keyframes":[\(keyframes.joined(separator: ","))]}
                    """
            }
            parts.append("\"links\":[\n\(links.joined(separator: ",\n"))]")
            parts.append("\"flows\":[\n\(flows.joined(separator: ",\n"))]")
        }
        return "{\n" + parts.joined(separator: ",\n") + "\n}\n"
    }

    private static func seconds(_ instant: MediaInstant) -> String {
        CongestionFigure.decimal(Double(instant.nanoseconds) / 1e9, 4)
    }

    private static func array(_ values: [Double], scale: Double = 1) -> String {
        "[" + values.map { number(($0 * scale).rounded()) }.joined(separator: ",") + "]"
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
