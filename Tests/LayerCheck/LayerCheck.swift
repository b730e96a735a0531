import Foundation
import MediaTestSupport

/// Random sequences of every codec's layers through the engine, judged by a strict receiver.
///
///     LayerCheck [--codec PREFIX] [--sequences N] [--seed N] [--verbose] [--trace]
@main
struct LayerCheck {
    private var prefix = ""
    private var sequences: UInt64 = 1000
    private var seed: UInt64?
    private var isVerbose = false
    private var isTracing = false

    static func main() async {
        guard let check = LayerCheck(CommandLine.arguments.dropFirst()) else {
            print("LayerCheck [--codec PREFIX] [--sequences N] [--seed N] [--verbose] [--trace]")
            exit(2)
        }
        exit(await check.run() ? 0 : 1)
    }

    private init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let option = rest.popFirst() {
            switch option {
            case "--codec": prefix = rest.popFirst() ?? ""
            case "--sequences":
                guard let count = rest.popFirst().flatMap({ UInt64($0) }), count > 0 else { return nil }
                sequences = count
            case "--seed":
                guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = number
            case "--verbose": isVerbose = true
            case "--trace": isTracing = true
            default: return nil
            }
        }
    }

    private func run() async -> Bool {
        let modes = LayeredMode.all.filter { $0.name.hasPrefix(prefix) }
        let seeds = seed.map { $0..<$0 + 1 } ?? 1..<sequences + 1
        print(
            Self.row(["mode", "sequences", "published", "forwarded", "decodable", "played", "switches", "violations"]))
        var isGood = !modes.isEmpty
        for mode in modes {
            let reports = await Self.reports(mode, seeds, tracing: isTracing)
            var total = LayerReport(seed: 0)
            for report in reports { total.add(report) }
            let figures = [
                reports.count, total.published, total.forwarded, total.decodable, total.played, total.switches,
                total.violations.count,
            ]
            print(Self.row([mode.name] + figures.map { "\($0)" }))
            for line in reports.flatMap(\.trace) { print(line) }
            let failed = reports.filter { !$0.violations.isEmpty }
            isGood = isGood && failed.isEmpty && total.decodable > 0
            explain(failed, mode)
        }
        return isGood
    }

    private func explain(_ failed: [LayerReport], _ mode: LayeredMode) {
        guard !failed.isEmpty else { return }
        var kinds: [LayerViolation.Kind: (count: Int, example: LayerReport)] = [:]
        for report in failed {
            for violation in report.violations {
                kinds[violation.kind, default: (0, report)].count += 1
            }
        }
        for (kind, entry) in kinds.sorted(by: { $0.value.count > $1.value.count }) {
            print("    \(kind.rawValue): \(entry.count); LayerCheck --codec \(mode.name) --seed \(entry.example.seed)")
            let example = entry.example.violations.first { $0.kind == kind }
            print("        \(example.map { $0.detail } ?? "") [\(entry.example.circumstances)]")
        }
        guard isVerbose || seed != nil else { return }
        for report in failed {
            print("    seed \(report.seed), \(report.circumstances)")
            for violation in report.violations { print("        \(violation)") }
        }
    }

    /// Two at a time.
    private static func reports(_ mode: LayeredMode, _ seeds: Range<UInt64>, tracing: Bool) async -> [LayerReport] {
        await withTaskGroup(of: [LayerReport].self) { group in
            for half in 0..<2 {
                group.addTask {
                    seeds.filter { $0 % 2 == half }.map { seed in
                        do {
                            return try LayerScenario(mode, seed: seed).run(tracing: tracing)
                        } catch {
                            var report = LayerReport(seed: seed)
                            report.violations = [LayerViolation(kind: .order, detail: "\(error)")]
                            return report
                        }
                    }
                }
            }
            var all: [LayerReport] = []
            for await part in group { all += part }
            return all.sorted { $0.seed < $1.seed }
        }
    }

    private static func row(_ cells: [String]) -> String {
        var line = ""
        for (place, cell) in cells.enumerated() {
            let width = place == 0 ? 30 : 11
            let space = String(repeating: " ", count: max(1, width - cell.count))
            line += place == 0 ? cell + space : space + cell
        }
        return line
    }
}
