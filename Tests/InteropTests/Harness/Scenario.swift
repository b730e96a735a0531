import Foundation
import Synchronization

/// What one test sets up: namespaces, processes, a folder. All of it is gone when the test ends, however it ends.
final class Scenario: Sendable {
    let folder: String
    private let namespaces = Mutex<[Namespace]>([])
    private let processes = Mutex<[ChildProcess]>([])

    static func run(_ body: (Scenario) async throws -> Void) async throws {
        Namespace.destroyLeftovers()
        let scenario = try Scenario()
        do {
            try await body(scenario)
        } catch {
            let words = scenario.processes.withLock { $0.filter { $0.name != "chromium" }.map(\.lastWords) }
            await scenario.end()
            throw ChildProcess.Failure(description: (["\(error)"] + words).joined(separator: "\n"))
        }
        await scenario.end()
    }

    private init() throws {
        folder = NSTemporaryDirectory() + "sluice-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func standaloneNamespace() throws -> Namespace {
        let namespace = try Namespace.standalone()
        namespaces.withLock { $0.append(namespace) }
        return namespace
    }

    /// Starts a program in a namespace.
    func start(
        _ name: String, _ command: [String], in namespace: Namespace, environment: [String: String] = [:],
        descriptors: [Int32: Int32] = [:]
    ) throws -> ChildProcess {
        let count = processes.withLock { $0.count }
        let process = try ChildProcess(
            name, arguments: namespace.command(command), environment: environment,
            descriptors: descriptors, log: "\(folder)/\(count)-\(name).log")
        processes.withLock { $0.append(process) }
        return process
    }

    /// Two namespaces joined by a `LinkEmulator` with these options.
    func emulatedLink(_ options: String) async throws -> TestLink {
        try await emulatedLink(options.split(separator: " ").map(String.init))
    }

    /// Two namespaces joined by a `LinkEmulator` with this scenario, which holds its first steps until it is started.
    func emulatedLink(scenario json: String) async throws -> TestLink {
        let file = "\(folder)/scenario-\(UInt32.random(in: 0...UInt32.max)).json"
        try json.write(toFile: file, atomically: true, encoding: .utf8)
        return try await emulatedLink(["--scenario", file, "--wait"])
    }

    private func emulatedLink(_ options: [String]) async throws -> TestLink {
        let (a, b) = try Namespace.pair()
        namespaces.withLock { $0 += [a, b] }
        let report = "\(folder)/link-\(a.name).json"
        // In a namespace like all others, so that it is found and ended with it.
        let emulator = try start(
            "LinkEmulator",
            [
                InteropEnvironment.binary("LinkEmulator"), "--namespace-a", a.name, "--namespace-b", b.name,
                "--report", report,
            ] + options,
            in: a)
        try await eventually("the link is ready", within: .seconds(5), every: .milliseconds(20)) {
            if let code = emulator.exitCode { throw ChildProcess.Failure(description: "LinkEmulator ended: \(code)") }
            return emulator.output.hasPrefix("ready\n")
        }
        return TestLink(a: a, b: b, emulator: emulator, reportFile: report)
    }

    private func end() async {
        let processes = processes.withLock { $0 }
        for process in processes { process.killGroup() }
        for namespace in namespaces.withLock({ $0 }) { namespace.destroy() }
        for process in processes { _ = try? await process.waitForExit() }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
