import Foundation
import MediaCore
import MediaTestSupport

/// Congestion control and the choice of layers over simulated links: every case's figures beside their bars.
///
///     ccbench [--case PATTERN] [--seeds N] [--out DIR] [--estimator | --engine] [--known SHARE]
///
/// Each case runs twice: through the estimator and its pacer alone, and through the engine, with real packets; those about
/// layers through the engine only. Exits with 1 when a figure misses its bar, and writes what happened in each case, as
/// JSON and as a picture. With `--known`, senders don't estimate: they know the link, and take that share of it together.
/// So the bars can be judged.
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
        let allocations = AllocationCase.all.filter { pattern.isEmpty || $0.name.contains(pattern) }
        guard !cases.isEmpty || !allocations.isEmpty else {
            print("no case is named \(pattern)")
            return false
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        print(Self.row(["case", "figure", "bar"] + ways.map(\.rawValue)))
        var (misses, figures) = (0, 0)
        for test in cases {
            var runs: [[CongestionRun]] = []
            for way in ways { runs.append(try await self.runs(test, way)) }
            count(test.name, test.figures, runs, &figures, &misses)
            for (way, runs) in zip(ways, runs) {
                let path = "\(folder)/\(test.name)-\(way.rawValue)"
                try Data(test.json(of: runs).utf8).write(to: URL(fileURLWithPath: path + ".json"))
                try Data(test.picture(of: runs[0]).utf8).write(to: URL(fileURLWithPath: path + ".svg"))
            }
        }
        for test in allocations where ways.contains(.engine) {
            let runs = try await runs(test)
            // There is no estimator without an engine that allocates.
            count(test.name, test.figures, ways.map { $0 == .engine ? runs : [] }, &figures, &misses)
            let path = "\(folder)/\(test.name)"
            try Data(test.json(of: runs).utf8).write(to: URL(fileURLWithPath: path + ".json"))
            try Data(test.picture(of: runs[0]).utf8).write(to: URL(fileURLWithPath: path + ".svg"))
        }
        print("\(figures - misses) of \(figures) figures clear their bars; the worst of \(seeds) seeds each")
        print("pictures and series: \(folder)")
        return misses == 0
    }

    /// Prints the figures of each way's runs, and counts those with a bar and those that miss it.
    private func count<Run>(
        _ name: String, _ figures: [BenchFigure<Run>], _ ways: [[Run]], _ count: inout Int, _ misses: inout Int
    ) {
        for figure in figures {
            let cells = ways.map { runs in
                guard !runs.isEmpty else { return "" }
                let value = figure.figure(of: runs)
                let text = figure.text(value)
                guard !figure.isReported else { return text }
                count += 1
                if !figure.isMet(by: value) { misses += 1 }
                let space = String(repeating: " ", count: max(1, 13 - text.count))
                return text + space + (figure.isMet(by: value) ? "ok" : "MISS")
            }
            print(Self.row([name, figure.name, figure.barText] + cells))
        }
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
        return try await runs { try test.run(seed: $0, sender) }
    }

    private func runs(_ test: AllocationCase) async throws -> [AllocationRun] {
        let known = known
        return try await runs { try test.run(seed: $0, known: known) }
    }

    private func runs<Run: Sendable>(_ run: @escaping @Sendable (UInt64) throws -> Run) async throws -> [Run] {
        try await withThrowingTaskGroup(of: (UInt64, Run).self) { group in
            for seed in 1...seeds { group.addTask { (seed, try run(seed)) } }
            var runs: [(UInt64, Run)] = []
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
