import Foundation
import MediaCore
import MediaTestSupport

/// Congestion control over simulated links: every case's figures beside the bars they have to clear.
///
///     ccbench [--case PATTERN] [--seeds N] [--out DIR] [--estimator | --engine] [--known SHARE]
///
/// Each case runs twice: through the estimator and its pacer alone, and through the engine, with real packets. Exits with
/// 1 when a figure misses its bar, and writes what happened in each case, as JSON and as a picture. With `--known`,
/// senders don't estimate: they know the link, and take that share of it together. So the bars can be judged.
@main
struct CCBench {
    private var pattern = ""
    private var seeds: UInt64 = 3
    private var folder = ".build-core/ccbench"
    private var known: Double?
    private var ways: [Way] = [.estimator, .engine]

    /// What sends the media.
    private enum Way: String {
        /// The pacer and the estimator by themselves.
        case estimator
        /// The engine, with real packets and a simulated browser.
        case engine
    }

    static func main() async {
        guard let bench = CCBench(CommandLine.arguments.dropFirst()) else {
            print("ccbench [--case PATTERN] [--seeds N] [--out DIR] [--estimator | --engine] [--known SHARE]")
            exit(2)
        }
        do {
            exit(try await bench.run() ? 0 : 1)
        } catch {
            print("\(error)")
            exit(2)
        }
    }

    private init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let option = rest.popFirst() {
            switch option {
            case "--case": pattern = rest.popFirst() ?? ""
            case "--seeds":
                guard let count = rest.popFirst().flatMap({ UInt64($0) }), count > 0 else { return nil }
                seeds = count
            case "--out": folder = rest.popFirst() ?? folder
            case "--engine": ways = [.engine]
            case "--estimator": ways = [.estimator]
            case "--known":
                guard let share = rest.popFirst().flatMap({ Double($0) }), share > 0 else { return nil }
                known = share
            default: return nil
            }
        }
    }

    private func run() async throws -> Bool {
        let cases = CongestionCase.all.filter { pattern.isEmpty || $0.name.contains(pattern) }
        guard !cases.isEmpty else {
            print("no case is named \(pattern)")
            return false
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        print(Self.row(["case", "figure", "bar"] + ways.map(\.rawValue)))
        var (misses, figures) = (0, 0)
        for test in cases {
            var runs: [[CongestionRun]] = []
            for way in ways { runs.append(try await self.runs(test, way)) }
            for figure in test.figures {
                let values = runs.map { figure.figure(of: $0) }
                if !figure.isReported { figures += values.count }
                misses += values.count { !figure.isMet(by: $0) }
                let cells = values.map { value in
                    let text = figure.text(value)
                    let space = String(repeating: " ", count: max(1, 13 - text.count))
                    return text + (figure.isReported ? "" : space + (figure.isMet(by: value) ? "ok" : "MISS"))
                }
                print(Self.row([test.name, figure.name, figure.barText] + cells))
            }
            for (way, runs) in zip(ways, runs) {
                let path = "\(folder)/\(test.name)-\(way.rawValue)"
                try Data(test.json(of: runs).utf8).write(to: URL(fileURLWithPath: path + ".json"))
                try Data(test.picture(of: runs[0]).utf8).write(to: URL(fileURLWithPath: path + ".svg"))
            }
        }
        print("\(figures - misses) of \(figures) figures clear their bars; the worst of \(seeds) seeds each")
        print("pictures and series: \(folder)")
        return misses == 0
    }

    private func sender(of test: CongestionCase, _ way: Way) -> CongestionCase.Sender {
        var make: CongestionCase.EstimatorSource = { GoogleCongestionControl(limits: $0) }
        if let known {
            let shares = test.shares(known)
            let lead = way == .engine ? EngineFlow.lead : .zero
            make = { _ in KnowingEstimator(shares, lead: lead) }
        }
        return way == .engine ? .engine(make) : .estimator(make)
    }

    private func runs(_ test: CongestionCase, _ way: Way) async throws -> [CongestionRun] {
        let sender = sender(of: test, way)
        return try await withThrowingTaskGroup(of: (UInt64, CongestionRun).self) { group in
            for seed in 1...seeds {
                group.addTask { (seed, try test.run(seed: seed, sender)) }
            }
            var runs: [(UInt64, CongestionRun)] = []
            for try await run in group { runs.append(run) }
            return runs.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, [20, 32, 26, 20, 20]).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
