import Foundation

/// A seeded, imperfect link between two network namespaces, for real programs.
@main
enum LinkEmulator {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty || arguments.contains("--help") { return print(Options.usage) }
        do {
            let status = try run(Options(arguments: arguments))
            if status != 0 { exit(status) }
        } catch let refusal as Options.Refusal {
            end(2, refusal.reason)
        } catch let failure as EmulatedLink.Failure {
            end(1, failure.reason)
        } catch {
            end(1, "\(error)")
        }
    }

    /// Runs the link, and what is to run beside it; tells the status of the command that ended first.
    private static func run(_ given: Options) throws -> Int32 {
        var options = given
        var made: [String] = []
        defer { for name in made { NetworkNamespace.remove(name) } }
        if options.a.namespace.isEmpty {
            options.a.namespace = "sluice-\(getpid())-a"
            options.b.namespace = "sluice-\(getpid())-b"
            for name in [options.a.namespace, options.b.namespace] {
                try NetworkNamespace.create(name)
                made.append(name)
            }
            say("namespaces \(options.a.namespace) \(options.b.namespace)")
        }
        var link = try EmulatedLink(options)
        say("ready")
        var commands: [LinkedCommand] = []
        defer { for command in commands { command.end() } }
        for (end, peer) in [(options.a, options.b), (options.b, options.a)] {
            if let command = end.command { commands.append(try LinkedCommand(command, at: end, facing: peer)) }
        }
        var status: Int32 = 0
        let report = link.run {
            for (number, command) in commands.enumerated() {
                guard let code = command.exitCode() else { continue }
                commands.remove(at: number)
                status = code
                return true
            }
            return false
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(report) + Data("\n".utf8)
        if let file = options.report {
            try json.write(to: URL(fileURLWithPath: file))
        } else {
            FileHandle.standardOutput.write(json)
        }
        return status
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
