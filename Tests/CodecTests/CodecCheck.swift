import Foundation
import MediaCore

/// Real encoders, the engine, real decoders: every picture that a watcher is forwarded must be the one that was encoded.
///
/// `--seconds N` is how long each clip is, 20 unless said; `--only WORD` picks the runs whose codec or mode has the word.
@main
struct CodecCheck {
    private var seconds = 20
    private var only = ""
    private var failures = 0

    static func main() {
        var check = CodecCheck()
        guard check.read(CommandLine.arguments) else {
            print("usage: CodecCheck [--seconds N] [--only WORD]")
            exit(2)
        }
        check.run()
        exit(check.failures == 0 ? 0 : 1)
    }

    private mutating func read(_ arguments: [String]) -> Bool {
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            switch (option, rest.popFirst()) {
            case ("--seconds", let value?):
                guard let count = Int(value), (2...600).contains(count) else { return false }
                seconds = count
            case ("--only", let value?): only = value
            default: return false
            }
        }
        return true
    }

    private mutating func run() {
        let start = ContinuousClock.now
        print(CheckRow.heading)
        let (clip, seconds) = (Clip(), seconds)
        for mode in CodecMode.all {
            report(mode.codec, mode.name) { try LayerRun(mode, clip: clip, seconds: seconds).run() }
        }
        print("\(failures) runs failed; \((ContinuousClock.now - start).components.seconds) s")
    }

    private mutating func report(_ codec: MediaCodec, _ mode: String, _ run: () throws -> CheckRow) {
        guard only.isEmpty || "\(codec.rawValue) \(mode)".contains(only) else { return }
        var row: CheckRow
        do {
            row = try run()
        } catch {
            row = CheckRow(codec: codec.rawValue, mode: mode)
            row.complain("\(error)")
        }
        print(row.text)
        for complaint in row.complaints { print("    \(complaint)") }
        if !row.isGood { failures += 1 }
    }
}
