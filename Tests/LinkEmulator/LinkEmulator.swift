import Foundation

/// A seeded, imperfect link between two network namespaces, for tests with real programs.
@main
enum LinkEmulator {
    private struct Report: Codable {
        var fromA: LinkCounters
        var fromB: LinkCounters
    }

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty || arguments.contains("--help") { return print(Options.usage) }
        do {
            let options = try Options(arguments: arguments)
            var link = try EmulatedLink(options)
            say("ready")
            let counters = link.run()
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let report = try encoder.encode(Report(fromA: counters.fromA, fromB: counters.fromB))
            say(String(decoding: report, as: UTF8.self))
        } catch let refusal as Options.Refusal {
            end(2, refusal.reason)
        } catch let failure as EmulatedLink.Failure {
            end(1, failure.reason)
        } catch {
            end(1, "\(error)")
        }
    }

    /// At once, also when standard output is a pipe or a file.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func end(_ status: Int32, _ reason: String) -> Never {
        FileHandle.standardError.write(Data("LinkEmulator: \(reason)\n".utf8))
        exit(status)
    }
}
