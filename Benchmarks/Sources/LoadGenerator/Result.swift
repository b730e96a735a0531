/// What a run found, as it is printed and written.
struct RunResult: Encodable {
    var server = ""
    var publishers = 0
    var subscriberConnections = 0
    var connected = 0
    var failures: [String: Int] = [:]
    var seconds = 0.0
    /// Packets a second from the publishers, and to the subscribers.
    var packetsInPerSecond = 0.0
    var packetsOutPerSecond = 0.0
    var bitsOutPerSecond = 0.0
    /// Of the measured packets: how many were to arrive, did not, came again.
    var expected = 0
    var lost = 0
    var duplicates = 0
    var late = 0
    var jumps = 0
    var checked = 0
    var foreign = 0
    var undecipherable = 0
    var droppedByReceiver = 0
    var unsentByGenerator = 0
    var latencyMilliseconds: [String: Double] = [:]
    var joinMilliseconds: [String: Double] = [:]
    var answerMilliseconds: [String: Double] = [:]
    var generatorLatenessMilliseconds: [String: Double] = [:]
    /// Of one core.
    var serverCPU = 0.0
    var serverUserCPU = 0.0
    var serverSystemCPU = 0.0
    var generatorCPU = 0.0
    var cpuMicrosecondsPerPacket = 0.0
    var residentKiBPerSubscriber = 0.0
    var proportionalKiBPerSubscriber = 0.0
    var residentMiB = 0.0
    var hasFeedback = false

    var text: String {
        func number(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        func percentiles(_ values: [String: Double]) -> String {
            ["p50", "p95", "p99", "max"].map { "\($0) \(number(values[$0] ?? 0))" }.joined(separator: "  ")
        }
        let rows = [
            ("connections", "\(connected) of \(publishers + subscriberConnections)"),
            ("packets in, out /s", "\(number(packetsInPerSecond))  \(number(packetsOutPerSecond))"),
            ("Mbit/s out", number(bitsOutPerSecond / 1e6)),
            ("lost of expected", "\(lost) of \(expected)"),
            ("duplicates, late, jumps", "\(duplicates)  \(late)  \(jumps)"),
            ("checked, foreign, undecipherable", "\(checked)  \(foreign)  \(undecipherable)"),
            ("generator: dropped, unsent", "\(droppedByReceiver)  \(unsentByGenerator)"),
            ("one-way latency ms", percentiles(latencyMilliseconds)),
            ("join ms", percentiles(joinMilliseconds)),
            ("generator late ms", percentiles(generatorLatenessMilliseconds)),
            (
                "server CPU (user + system)",
                "\(number(serverCPU))  (\(number(serverUserCPU)) + \(number(serverSystemCPU)))"
            ),
            ("generator CPU", number(generatorCPU)),
            ("CPU us per forwarded packet", number(cpuMicrosecondsPerPacket)),
            (
                "KiB per subscriber RSS, PSS",
                "\(number(residentKiBPerSubscriber))  \(number(proportionalKiBPerSubscriber))"
            ),
            ("transport-wide feedback", hasFeedback ? "on" : "off"),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }
        return (lines + failures.sorted { $0.key < $1.key }.map { "failed: \($0.value) x \($0.key)" })
            .joined(separator: "\n")
    }
}
