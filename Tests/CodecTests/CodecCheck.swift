import Foundation
import MediaCore

/// Real encoders, the engine, real decoders: every picture that a watcher is forwarded must be the one that was encoded.
///
/// `--seconds N` is how long each clip is, 20 unless said; `--only WORD` picks the runs whose codec or mode has the word;
/// `--direct yes` leaves the engine out, and shows only that the clips can be taken apart.
@main
struct CodecCheck {
    private struct Run: Sendable {
        var codec: MediaCodec
        var mode: String
        var body: @Sendable () throws -> CheckRow

        func row() -> CheckRow {
            do {
                return try body()
            } catch {
                var row = CheckRow(codec: codec.rawValue, mode: mode)
                row.complain("\(error)")
                return row
            }
        }
    }

    private var seconds = 20
    private var only = ""
    private var isDirect = false

    static func main() async {
        var check = CodecCheck()
        guard check.read(CommandLine.arguments) else {
            print("usage: CodecCheck [--seconds N] [--only WORD] [--direct yes]")
            exit(2)
        }
        exit(await check.run() ? 0 : 1)
    }

    private mutating func read(_ arguments: [String]) -> Bool {
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            switch (option, rest.popFirst()) {
            case ("--seconds", let value?):
                guard let count = Int(value), (2...600).contains(count) else { return false }
                seconds = count
            case ("--only", let value?): only = value
            case ("--direct", "yes"?): isDirect = true
            default: return false
            }
        }
        return true
    }

    private var runs: [Run] {
        let clip = Clip(frames: seconds * Clip.frameRate)
        var runs = CodecMode.all.map { mode in
            Run(codec: mode.codec, mode: mode.name) { [seconds, isDirect] in
                guard !isDirect else {
                    return try DirectRun(mode: mode, clip: clip, frameCount: seconds * Clip.frameRate).run()
                }
                return try LayerRun(mode, clip: clip, seconds: seconds).run()
            }
        }
        if isDirect { return runs.filter(isWanted) }
        runs += CaptureRun.captures.map { codec, file in
            Run(codec: codec, mode: file) { try CaptureRun(codec: codec, file: file).run() }
        }
        runs += VectorRun.names.map { name in
            Run(codec: .vp8, mode: "vector \(name)") { try VectorRun(name: name).run() }
        }
        return runs.filter(isWanted)
    }

    private func isWanted(_ run: Run) -> Bool {
        only.isEmpty || "\(run.codec.rawValue) \(run.mode)".contains(only)
    }

    /// Runs are independent of each other: one on each core.
    private func run() async -> Bool {
        let start = ContinuousClock.now
        let runs = runs
        var rows: [Int: CheckRow] = [:]
        await withTaskGroup(of: (Int, CheckRow).self) { group in
            for (number, run) in runs.enumerated() {
                group.addTask { (number, run.row()) }
            }
            for await (number, row) in group { rows[number] = row }
        }
        print(CheckRow.heading)
        for number in runs.indices {
            guard let row = rows[number] else { continue }
            print(row.text)
            for complaint in row.complaints { print("    \(complaint)") }
        }
        let failures = rows.values.filter { !$0.isGood }.count
        print("\(failures) of \(runs.count) runs failed; \((ContinuousClock.now - start).components.seconds) s")
        return failures == 0
    }
}
