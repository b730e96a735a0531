import Foundation
import Synchronization

/// A program we started: in its own process group, its output in a file.
final class ChildProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let processID: pid_t
    let name: String
    private let log: String
    /// The status of `waitpid`, once it has ended.
    private let ended = Mutex<Int32?>(nil)

    /// Starts `arguments[0]`, found by PATH. `descriptors` are the ones it gets beyond the standard three: ours by its.
    init(
        _ name: String, arguments: [String], environment: [String: String] = [:], descriptors: [Int32: Int32] = [:],
        log: String
    ) throws {
        self.name = name
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for (theirs, ours) in descriptors { posix_spawn_file_actions_adddup2(&actions, ours, theirs) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, arguments[0], &actions, &attributes, &argv, &envp)
        guard error == 0 else { throw Failure(description: "\(name): \(String(cString: strerror(error)))") }
        processID = child
    }

    /// How it ended: the exit code, or 128 + the signal. Nil while it runs.
    var exitCode: Int32? {
        ended.withLock { status in
            if status == nil {
                var now: Int32 = 0
                if waitpid(processID, &now, WNOHANG) == processID { status = now }
            }
            return status.map { $0 & 0x7F == 0 ? ($0 >> 8) & 0xFF : 128 + ($0 & 0x7F) }
        }
    }

    /// What it has printed.
    var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// The last lines it printed, for messages about failures.
    var lastWords: String { "\(name) said:\n" + output.split(separator: "\n").suffix(12).joined(separator: "\n") }

    /// To the program alone.
    func signal(_ signal: Int32) {
        if exitCode == nil { kill(processID, signal) }
    }

    /// SIGKILL to the program and all that it started.
    func killGroup() {
        kill(-processID, SIGKILL)
    }

    /// Waits for its end and tells the exit code.
    @discardableResult
    func waitForExit(within limit: Duration = .seconds(10)) async throws -> Int32 {
        try await eventually("\(name) ends", within: limit, every: .milliseconds(20)) { self.exitCode }
    }

    /// Runs a short command to its end; throws when it fails.
    @discardableResult
    static func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")): \(output)")
        }
        return output
    }
}
