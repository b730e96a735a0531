import CLoadGenerator
import FoundationEssentials
import Glibc

/// Publishes and watches many streams of a server at once, and reports what that cost and how well it worked.
@main enum LoadGenerator {
    static func main() {
        do {
            load_prepare_process()
            let options = try Options(arguments: Array(CommandLine.arguments.dropFirst()))
            let result = try measure(options)
            print(result.text)
            if !options.output.isEmpty {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
                try encoder.encode(result).write(to: URL(filePath: options.output))
            }
        } catch {
            print("LoadGenerator: \(error)")
            exit(1)
        }
    }

    private static func measure(_ options: Options) throws -> RunResult {
        let generator = try Generator(options: options)
        let server = options.serverProcess > 0 ? ServerProcess(identifier: options.serverProcess) : nil
        guard generator.run(seconds: 10, until: { generator.signaling.prepare(at: load_monotonic_nanoseconds()) })
        else {
            throw OptionError("the server did not get ready")
        }
        for peer in generator.publishingPeers { generator.join(peer) }
        let areConnected = generator.run(seconds: 15) {
            generator.publishingPeers.allSatisfy { $0.stage == .connected || $0.stage == .failed }
        }
        if let failed = generator.publishingPeers.first(where: { $0.stage != .connected }) {
            throw OptionError("a publisher did not connect: \(failed.stage) \(failed.failure) \(areConnected)")
        }
        if !options.isIdle {
            generator.startSending()
            // What the streams themselves need of memory must not count as their subscribers'.
            generator.run(seconds: 2)
        }
        let before = server?.memory
        join(generator, rate: options.joinRate)
        generator.run(seconds: 10) {
            generator.subscribers.allSatisfy {
                options.isIdle
                    ? $0.stage == .connected || $0.stage == .failed : $0.firstPacketAt > 0 || $0.stage == .failed
            }
        }
        generator.run(seconds: options.warmUp)
        return finish(generator, options, server, before: before)
    }

    /// Joins the subscribers one after the other, evenly in time.
    private static func join(_ generator: Generator, rate: Int) {
        let start = load_monotonic_nanoseconds()
        var next = 0
        while next < generator.subscribers.count {
            let due = start + Int64(next) * 1_000_000_000 / Int64(rate)
            let now = load_monotonic_nanoseconds()
            if due > now { generator.run(seconds: Double(due - now) / 1e9) }
            generator.join(generator.subscribers[next])
            next += 1
        }
    }

    private static func finish(
        _ generator: Generator, _ options: Options, _ server: ServerProcess?,
        before: (resident: Double, proportional: Double)?
    ) -> RunResult {
        generator.resetMeasurements()
        let droppedBefore = generator.network.dropped
        let first = generator.streams.map(\.nextIndex)
        let start = load_unix_nanoseconds()
        let cpu = (server?.time ?? .init(), Double(load_cpu_nanoseconds()))
        generator.window = start..<Int64.max
        for (stream, index) in zip(generator.streams, first) { stream.measured = index..<UInt64.max }
        generator.run(seconds: options.duration)
        let end = load_unix_nanoseconds()
        let cpuAfter = (server?.time ?? .init(), Double(load_cpu_nanoseconds()))
        let memory = server?.memory
        generator.window = start..<end
        for stream in generator.streams { stream.measured = stream.measured.lowerBound..<stream.nextIndex }
        // What is under way still arrives, and all that was sent counts.
        generator.run(seconds: 0.05)
        generator.stopSending()
        generator.run(seconds: 0.5)

        var result = RunResult()
        result.seconds = Double(end - start) / 1e9
        summarize(generator, options, &result)
        result.droppedByReceiver = generator.network.dropped - droppedBefore
        let subscribers = Double(generator.subscribers.count)
        if let before, let memory {
            result.residentKiBPerSubscriber = (memory.resident - before.resident) / subscribers
            result.proportionalKiBPerSubscriber = (memory.proportional - before.proportional) / subscribers
            result.residentMiB = memory.resident / 1024
        }
        let nanoseconds = result.seconds * 1e9
        result.serverCPU = (cpuAfter.0.onProcessor - cpu.0.onProcessor) / nanoseconds
        result.serverUserCPU = (cpuAfter.0.user - cpu.0.user) / nanoseconds
        result.serverSystemCPU = (cpuAfter.0.system - cpu.0.system) / nanoseconds
        result.generatorCPU = (cpuAfter.1 - cpu.1) / nanoseconds
        if generator.receivedInWindow > 0 {
            result.cpuMicrosecondsPerPacket = result.serverCPU * nanoseconds / 1e3 / Double(generator.receivedInWindow)
        }
        return result
    }

    private static func summarize(_ generator: Generator, _ options: Options, _ result: inout RunResult) {
        result.server = options.server.rawValue
        result.publishers = options.publishers
        result.subscriberConnections = generator.subscribers.count
        let sent = generator.streams.reduce(0) { $0 + $1.measured.count }
        result.packetsInPerSecond = Double(sent) / result.seconds
        result.packetsOutPerSecond = Double(generator.receivedInWindow) / result.seconds
        result.bitsOutPerSecond = Double(generator.bytesInWindow) * 8 / result.seconds
        for peer in generator.publishingPeers + generator.subscribers {
            if peer.stage == .connected {
                result.connected += 1
            } else {
                result.failures[peer.failure.isEmpty ? "\(peer.stage)" : peer.failure, default: 0] += 1
            }
        }
        result.foreign = generator.foreign
        for peer in generator.subscribers {
            let watched = options.isIdle ? [] : peer.watched.flatMap { generator.publishingPeers[$0].published }
            for stream in watched {
                let matching = peer.received.filter { $0.source == stream.number }
                let unique = matching.reduce(0) { $0 + $1.unique }
                result.expected += stream.measured.count
                result.lost += max(0, stream.measured.count - unique)
                // One stream under two SSRCs: each packet came once, and once more.
                result.duplicates += max(0, unique - stream.measured.count)
            }
            for stream in peer.received where stream.source >= 0 {
                result.duplicates += stream.duplicates
                result.late += stream.late
                result.jumps += stream.jumps
                // What it didn't ask for.
                if !watched.contains(where: { $0.number == stream.source }) { result.foreign += stream.unique }
            }
            if peer.transportIdentifier != nil, options.feedbackInterval > 0 { result.hasFeedback = true }
        }
        result.checked = generator.checked
        result.undecipherable = generator.undecipherable
        result.unsentByGenerator = generator.network.unsent
        result.latencyMilliseconds = percentiles(generator.latency)
        result.generatorLatenessMilliseconds = percentiles(generator.lateness)
        var joins = LatencyHistogram()
        var answers = LatencyHistogram()
        for peer in generator.subscribers {
            if peer.firstPacketAt > 0 { joins.record(peer.firstPacketAt - peer.requestedAtUnix) }
            if peer.answeredAt > 0 { answers.record(peer.answeredAt - peer.requestedAt) }
        }
        result.joinMilliseconds = percentiles(joins)
        result.answerMilliseconds = percentiles(answers)
    }

    private static func percentiles(_ histogram: LatencyHistogram) -> [String: Double] {
        [
            "p50": histogram.milliseconds(at: 0.5), "p95": histogram.milliseconds(at: 0.95),
            "p99": histogram.milliseconds(at: 0.99), "max": Double(histogram.maximum) / 1e6,
        ]
    }
}
